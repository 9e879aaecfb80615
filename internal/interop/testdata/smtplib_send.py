"""One message with Python's smtplib, as its documentation shows it.

    smtplib_send.py ssl|starttls PORT CAFILE USER PASSWORD MESSAGEFILE
"""
import smtplib
import ssl
import sys

security, port, ca_file, user, password, message = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file)
context.check_hostname = False  # the certificate is for another name than 127.0.0.1
if security == "ssl":
    server = smtplib.SMTP_SSL("127.0.0.1", int(port), context=context)
else:
    server = smtplib.SMTP("127.0.0.1", int(port))
    server.starttls(context=context)
with server, open(message) as text:
    server.login(user, password)
    server.sendmail(user, [user], text.read())

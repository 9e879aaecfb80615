package prompt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// streams are those of a pipe, where the locale is UTF-8.
func streams(in io.Reader, out io.Writer) *terminal.Streams {
	return &terminal.Streams{In: in, Err: out, Getenv: utf8Terminal}
}

// linesOf asks one page of what a pipe says.
func linesOf(t *testing.T, p wizard.Page, in string) (wizard.Answer, string, error) {
	t.Helper()
	var out bytes.Buffer
	a, err := NewLines(streams(strings.NewReader(in), &out), "--accessible").Ask(t.Context(), p)
	if strings.ContainsFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' }) {
		t.Errorf("a control character was written: %q", out.String())
	}
	return a, out.String(), err
}

func TestLinesAnswers(t *testing.T) {
	t.Parallel()
	pages := map[string]wizard.Page{}
	for _, p := range samplePages() {
		pages[p.Key] = p
	}
	pages["first"] = wizard.Page{Title: "First", Questions: []wizard.Question{{Key: "a", Label: "A", Value: "old"}}}
	pages["optional"] = wizard.Page{Questions: []wizard.Question{{Key: "a", Label: "A", Value: "old", Optional: true}}}
	pages["both"] = wizard.Page{Title: "Both", Focus: "b", Back: true, Questions: []wizard.Question{
		{Key: "a", Label: "A", Value: "one"}, {Key: "b", Label: "B:", Value: "two"},
	}}
	pages["kept"] = wizard.Page{
		Title: "Kept", Questions: []wizard.Question{{Key: "password", Label: "Password", Kind: wizard.Password, Optional: true, Hint: "leave it empty for the saved one"}},
		Actions: []wizard.Action{{Key: "change", Label: "change"}},
	}
	pages["plain"] = wizard.Page{Title: "Read this"}
	tests := []struct {
		name, page, in string
		want           string // as describe tells it
		says           []string
		silent         []string
		err            error
	}{
		{
			name: "answers in order", page: "address", in: "you@example.com\nYou\n",
			want: "address next  address=you@example.com name=You",
			says: []string{
				"Line by line mode, switched on by --accessible.", "Which address will send the mail? (? for help): ",
				"Your name (optional) (Enter for none, ? for help): ",
			},
		},
		{name: "line ends of Windows", page: "address", in: "you@example.com\r\n\r\n", want: "address next  address=you@example.com name="},
		{name: "last line without an end", page: "address", in: "you@example.com\nYou", want: "address next  address=you@example.com name=You"},
		{
			name: "Hindi and Chinese", page: "address", in: "डाक@उदाहरण.भारत\n张伟\n",
			want: "address next  address=डाक@उदाहरण.भारत name=张伟",
		},
		{
			name: "bad answer, then a good one", page: "address", in: "you\n\nyou@example.com\n\n",
			want: "address next  address=you@example.com name=", says: []string{"An address has an @ in it.", sayNeeded},
		},
		{name: "not UTF-8", page: "address", in: "y\xff@example.com\nyou@example.com\n\n", want: "address next  address=you@example.com name=", says: []string{sayNotText}},
		{name: "action by its word", page: "address", in: "STOP\n", want: "address acted stop address= name="},
		{
			name: "help tells the page, the hint and the words", page: "address", in: "?\nyou@example.com\n\n", want: "address next  address=you@example.com name=",
			says: []string{"From line of your mails", "(you@example.com)", "  stop\n"},
		},
		{name: "stop", page: "address", in: "!\n", err: wizard.ErrAborted},
		{name: "back to the first question", page: "address", in: "you@example.com\n<\n\nYou\n", want: "address next  address=you@example.com name=You"},
		{name: "back from the first page", page: "first", in: "<\nnew\n", want: " next  a=new", says: []string{sayNoBack}},
		{name: "an answer is taken back", page: "optional", in: "-\n", want: " next  a=", says: []string{"A (Enter for old, - to empty it, ? for help): "}},
		{name: "one that is needed is not", page: "first", in: "-\n", want: " next  a=-"},
		{name: "Enter keeps the value", page: "first", in: "\n", want: " next  a=old", says: []string{"A (Enter for old, ? for help): "}},
		{name: "begins at the focus", page: "both", in: "<\nuno\ndue\n", want: " next  a=uno b=due"},
		{name: "back keeps answers", page: "both", in: "due\n", want: " next  a=one b=due"},
		{name: "back from a page", page: "both", in: "<\n<\n", want: " back  a=one b=two"},

		{name: "choice by number", page: "provider", in: "7\n", want: "provider next  provider=gmail"},
		{name: "choice by name", page: "provider", in: "gmail\n", want: "provider next  provider=gmail"},
		{name: "choice by its beginning", page: "provider", in: "zo\n", want: "provider next  provider=zoho"},
		{name: "choice in Devanagari", page: "provider", in: "रेडिफ़\n", want: "provider next  provider=रेडिफ़"},
		{name: "choice by default", page: "provider", in: "\n", want: "provider next  provider=fastmail", says: []string{"Provider (Enter for Fastmail, ? for the list): "}},
		{name: "no such choice", page: "provider", in: "0\n99\nnowhere\naol\n", want: "provider next  provider=aol", says: []string{`"nowhere" is not in the list`, `"99" is not`, `"0" is not`}},
		{name: "choice that fits several", page: "provider", in: "m\nmy own server\n", want: "provider next  provider=own", says: []string{"That fits more than one: My own server, Mailbox.org, Mailgun."}},
		{name: "the list", page: "provider", in: "?\n\n", want: "provider next  provider=fastmail", says: []string{"  1. My own server\n", "  22. रेडिफ़", ". Fastmail: smtp.fastmail\n"}},

		{name: "password", page: "login", in: marker + "\n", want: "login next  password=15,true", says: []string{"15 characters received.", "Zoho app password: "}},
		{name: "password of Windows", page: "login", in: marker + "\r\n", want: "login next  password=15,true"},
		{name: "signs inside a password", page: "login", in: "!<?!<?!<?\n", want: "login next  password=9,false"},
		{name: "! is itself in a password", page: "login", in: "!\n" + marker + "\n", want: "login next  password=15,true", says: []string{"1 character received.", "too short"}},
		{name: "the word of an action is a password", page: "login", in: "change\n" + marker + "\n", want: "login next  password=15,true", says: []string{"6 characters received.", "too short"}},
		{name: "but not after help", page: "login", in: "?\nchange\n", want: "login acted change password=0,false", says: []string{"after that these words work too: change"}},
		{name: "and a password is one there", page: "login", in: "?\n" + marker + "\n", want: "login next  password=15,true"},
		{name: "empty where one is kept", page: "kept", in: "\n", want: " next  password=0,false", says: []string{"(leave it empty for the saved one)", sayKept}, silent: []string{"received"}},
		{name: "words where one is kept", page: "kept", in: "?\nchange\n", want: " acted change password=0,false"},
		{name: "spaces stay in a password", page: "login", in: "  spaced out  \n", want: "login next  password=14,false"},
		{name: "back from a password", page: "login", in: "<\n", want: "login back  password=0,false"},
		{name: "help at a password", page: "login", in: "?\n" + marker + "\n", want: "login next  password=15,true", says: []string{"second password for one program"}},
		{name: "action behind an empty password", page: "login", in: "\nchange\n", want: "login acted change password=0,false", says: []string{sayEmptyPassword}},
		{name: "empty password twice", page: "login", in: "\n\n" + marker + "\n", want: "login next  password=15,true"},
		{name: "stop behind an empty password", page: "login", in: "\n!\n", err: wizard.ErrAborted},

		{name: "Enter takes the first action", page: "failed", in: "\n", want: "failed acted password", says: []string{"  Enter: paste the password again\n  host: try smtp.zoho.eu, the other host\n"}},
		{name: "action by its key", page: "failed", in: "region\n", want: "failed acted region"},
		{name: "action by its letter", page: "failed", in: "H\n", want: "failed acted host"},
		{name: "no such action", page: "failed", in: "x\nq\n", want: "failed acted stop", says: []string{sayUnknown}},
		{name: "back from actions", page: "failed", in: "<\n", want: "failed back "},
		{name: "server's words stay as they are", page: "failed", in: "\n", want: "failed acted password", says: []string{"  535 5.7.8 Authentication Failed _*`not markdown`*_\n"}},
		{name: "Enter goes on where the page says so", page: "save", in: "\n", want: "save next ", says: []string{"  Enter: save\n  change\n"}},
		{name: "nothing to choose", page: "plain", in: "\n", want: " next ", says: []string{"\nEnter: " + sayGoOn + "\n"}, silent: []string{sayChoices}},

		{name: "every sort of question", page: "change", in: "mail.example.com\n587\nstarttls\nN\n", want: "change next  host=mail.example.com port=587 security=starttls keyring=no"},
		{name: "yes, no or Enter", page: "change", in: "\n\n\nperhaps\n\n", want: "change next  host=smtppro.zoho.eu port=465 security=ssl keyring=yes", says: []string{sayYesOrNo, "(yes or no, Enter for yes, ? for help)"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			page := pages[tc.page]
			a, out, err := linesOf(t, page, tc.in)
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v\n%s", err, tc.err, out)
			}
			if err == nil {
				if diff := cmp.Diff(tc.want, describe(page, a)); diff != "" {
					t.Errorf("(-want +got)\n%s\n%s", diff, out)
				}
			}
			for _, s := range tc.says {
				if !strings.Contains(out, s) {
					t.Errorf("does not say %q:\n%s", s, out)
				}
			}
			for _, s := range tc.silent {
				if strings.Contains(out, s) {
					t.Errorf("says %q:\n%s", s, out)
				}
			}
			if strings.Contains(out, marker) {
				t.Errorf("the password is shown:\n%s", out)
			}
		})
	}
}

// A pipe that ends in the middle of the wizard ends it, at whatever question.
func TestLinesEndOfInput(t *testing.T) {
	t.Parallel()
	good := map[string]string{"address": "you@example.com\n\n", "provider": "zoho\n", "login": marker + "\n", "failed": "", "change": "\n\n\n\n", "save": ""}
	for _, page := range samplePages() {
		lines := strings.SplitAfter(good[page.Key], "\n")
		for n := range max(len(page.Questions), 1) {
			_, out, err := linesOf(t, page, strings.Join(lines[:n], ""))
			if page.Key != "try" && !errors.Is(err, io.EOF) {
				t.Errorf("%s after %d lines: error %v\n%s", page.Key, n, err, out)
			}
		}
	}
}

func TestLinesEndsWithItsContext(t *testing.T) {
	t.Parallel()
	in, _ := io.Pipe() // says nothing
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(0, cancel)
	_, err := NewLines(streams(in, io.Discard), "a test").Ask(ctx, samplePages()[0])
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestLinesWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := NewLines(streams(strings.NewReader(""), &out), "a test")
		ssl := submission.Endpoint{Host: "mail.example.com", Port: 465, Security: submission.SSL}
		stopped, err := l.Watch(t.Context(), "Trying mail.example.com", func(_ context.Context, tell func(report.Event)) {
			tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: report.Connect}, Running: true})
			time.Sleep(21 * time.Second)
			tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: report.Connect, Status: report.OK, Detail: "203.0.113.5:465", Duration: 21 * time.Second}})
			tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: report.TLSStage, Status: report.Failed, Err: "reset\x1b[2J", Duration: 3 * time.Millisecond}})
			tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: report.Auth, Status: report.Skipped}})
		})
		if stopped || err != nil {
			t.Errorf("stopped %v, %v", stopped, err)
		}
		_, got, _ := strings.Cut(out.String(), "\n\n")
		want := `Trying mail.example.com
still waiting: connect, mail.example.com port 465, for 10.0 s
still waiting: connect, mail.example.com port 465, for 20.0 s
ok: connect, 203.0.113.5:465, 21.0 s
FAIL: tls, reset[2J, 3 ms
`
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestLinesGoesOn: a wait is told once, and takes no line meant for what follows.
func TestLinesGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		in := strings.NewReader("for the next question\n")
		l := NewLines(streams(in, &out), "a test")
		began := time.Now()
		p := wizard.Page{
			Title: "Waiting before the next try", Blocks: []wizard.Block{{Text: "The server says so."}}, Next: "try now", Until: began.Add(5 * time.Minute),
			Actions: []wizard.Action{{Key: "stop", Label: "stop waiting", Letter: "s"}},
		}
		a, err := l.Ask(t.Context(), p)
		if took := time.Since(began); err != nil || a.Move != wizard.Next || took != 5*time.Minute || int64(in.Len()) != in.Size() {
			t.Errorf("%v, %v after %v, and %d bytes are left", a.Move, err, took, in.Len())
		}
		_, got, _ := strings.Cut(out.String(), "\n\n")
		if want := "Waiting before the next try\nThe server says so.\nIt goes on by itself in 5 min 0 s.\n"; got != want {
			t.Errorf("it says\n%s\nwant\n%s", got, want)
		}
		p.Until = time.Now().Add(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.Ask(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stopped: %v", err)
		}
	})
}

func TestLinesWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := NewLines(streams(strings.NewReader(""), io.Discard), "a test").Watch(ctx, "Trying", func(ctx context.Context, _ func(report.Event)) {
		cancel()
		<-ctx.Done()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

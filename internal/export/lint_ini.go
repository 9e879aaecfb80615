package export

import (
	"fmt"
	"strings"
)

var (
	iniSection = lazily(`^\s*\[([^\]]+)\]`)
	iniPair    = lazily(`^\s*([A-Za-z_]+)\s*=\s*(.*)$`)
)

// readINI reads the sections of go-ini's files that are about mail: [mailer] of
// Gitea's app.ini, [smtp] of grafana.ini. Their keys are those of the
// variables GITEA__mailer__HOST and GF_SMTP_HOST.
func readINI(l *linter, all []line) []*account {
	prefix := ""
	enabled := setting{}
	found := scan(all, "#;", func(at line) []setting {
		if m := iniSection().FindStringSubmatch(at.text); m != nil {
			prefix = map[string]string{"mailer": "GITEA_MAILER_", "smtp": "GF_SMTP_"}[strings.ToLower(m[1])]
			return nil
		}
		m := iniPair().FindStringSubmatch(at.text)
		if m == nil || prefix == "" {
			return nil
		}
		s := l.iniSetting(at, prefix, m[1], strings.TrimSpace(m[2]))
		if strings.EqualFold(m[1], "enabled") {
			enabled = s
		}
		return []setting{s}
	})
	accounts := withServer(l.accountsOf(found))
	if len(accounts) > 0 {
		l.judgeEnabled(accounts[0], enabled)
	}
	return accounts
}

// judgeEnabled: both programs send nothing unless they are told to.
func (l *linter) judgeEnabled(a *account, enabled setting) {
	switch value := strings.ToLower(enabled.value); {
	case enabled.line == 0:
		l.find(max(a.host.line, a.port.line), "without `enabled = true` no mail is sent")
	case enabled.literal && (value == "false" || value == "0" || value == "no"):
		l.find(enabled.line, fmt.Sprintf("`%s`: no mail is sent", enabled.shown))
	}
}

// iniSetting reads a value as go-ini does: a # or ; anywhere begins a comment,
// in " and ' too, but not in """ and backquotes.
func (l *linter) iniSetting(at line, prefix, name, text string) setting {
	s := setting{line: at.number, name: prefix + strings.ToUpper(name), literal: true}
	for _, quote := range []string{`"""`, "`"} {
		if inside, ok := strings.CutPrefix(text, quote); ok && len(text) >= 2*len(quote) {
			s.value, _, _ = strings.Cut(inside, quote)
			s.quoted = true
			break
		}
	}
	if !s.quoted {
		s.value = text
		if i := strings.IndexAny(text, "#;"); i >= 0 {
			s.value = strings.TrimSpace(text[:i])
			if _, r := roleOf(s.name); r != noRole && i > 0 && !strings.ContainsRune(" \t", rune(text[i-1])) {
				l.find(at.number, fmt.Sprintf("the %c in the value of %s begins a comment: put the value between backquotes", text[i], name))
			}
		}
		if n := len(s.value); n > 1 && s.value[0] == s.value[n-1] && strings.IndexByte(`"'`, s.value[0]) >= 0 {
			s.value = s.value[1 : n-1]
		}
	}
	if file, ok := strings.CutPrefix(s.value, "$__file{"); ok { // Grafana's
		s.name, s.value = s.name+"_FILE", strings.TrimSuffix(file, "}")
	} else if strings.Contains(s.value, "${") || strings.HasPrefix(s.value, "$__") {
		s.literal = false
	}
	s.shown = name + " = " + s.value
	return s
}

package diagnose

import (
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// unknown says what the codes mean and no more.
func (t *trouble) unknown() verdict {
	v := verdict{cause: submission.Unknown, temporary: t.class() == 4}
	var parts []string
	if t.class() >= 4 {
		parts = append(parts, "The words of this refusal are not known to smtpwiz.")
	}
	if m, rfc := codeMeaning(t.code); m != "" {
		parts = append(parts, fmt.Sprintf("Code %d means: %s (%s).", t.code, m, rfc))
	}
	if m := subject(t.enhanced.Subject); m != "" && !t.enhanced.IsZero() {
		parts = append(parts, fmt.Sprintf("%s is about %s (RFC 3463).", t.enhanced, m))
	}
	v.why = strings.Join(parts, " ")
	return v
}

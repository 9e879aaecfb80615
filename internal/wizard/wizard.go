// Package wizard is the flow of setup: what is asked, in which order, what a
// failure leads back to, and what is saved. It declares what it needs as small
// interfaces and knows neither terminal nor network.
package wizard

import "errors"

// ErrAborted: the person ended the wizard; nothing was written.
var ErrAborted = errors.New("aborted")

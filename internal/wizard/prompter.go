package wizard

import (
	"context"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Prompter asks a person: full screen, or line by line. It knows what a page
// looks like and nothing of what its answers mean.
type Prompter interface {
	// Ask shows one page until the person moves on. The error is the context's,
	// ErrAborted for Ctrl-C, or io.EOF where the input ended.
	Ask(ctx context.Context, p Page) (Answer, error)
	// Watch shows the stages of a probe as they happen. run gets a context that
	// ends when the person stops it; Watch returns when run has, and says
	// whether it was stopped.
	Watch(ctx context.Context, title string, run func(context.Context, func(report.Event))) (stopped bool, err error)
	// Busy tells what is being looked for until the next page or probe comes.
	Busy(what string)
	// Tell leaves text on the screen, also after the wizard has ended.
	Tell(blocks ...Block)
}

// Page is one screen: what is told, then what is asked.
type Page struct {
	Key       string // stable name of the page, for tests and screens
	Title     string
	Blocks    []Block
	Questions []Question // none: Enter and the actions decide
	Focus     string     // key of the question to begin at, "" for the first
	Actions   []Action   // other ways on, beside answering
	Next      string     // what Enter does here, in words: "save"; "" for going on (without questions: for the first action)
	Back      bool       // there is a page to go back to
	Until     time.Time  // the page goes on by itself then, as by Enter, and counts down to it; zero for never
	Help      string     // what ? tells in line mode, and a long form in full screen
}

// Block is a piece of text. Text of a server is safe to print already.
type Block struct {
	Kind BlockKind
	Text string
}

// BlockKind is how a block is set.
type BlockKind string

const (
	Plain   BlockKind = ""        // a paragraph, wrapped
	Under   BlockKind = "under"   // a paragraph right under the block before, which it belongs to
	Strong  BlockKind = "strong"  // what matters most on the page
	Quote   BlockKind = "quote"   // words of a server, never interpreted
	Link    BlockKind = "link"    // an address alone on its line, never wrapped within a word
	Step    BlockKind = "step"    // one of numbered steps, in order
	Command BlockKind = "command" // to copy, never wrapped
)

// Question is one answer to give.
type Question struct {
	Key      string
	Label    string
	Kind     QuestionKind
	Value    string // the answer so far, never of a Password
	Hint     string // shown while it is empty: "you@example.com"
	Options  []Option
	Optional bool
	Decides  bool // others of the page depend on it: once it is another, the page is left by Changed
	// Check says what is wrong with an answer, "" if nothing; may be nil. It is
	// pure and quick.
	Check func(answer string) string
	// Shape tells of a Password what it will be sent as, "" where as it is
	// typed; may be nil. It is pure and quick, and tells no letter of it.
	Shape func(answer string) string
}

// QuestionKind is how it is answered.
type QuestionKind string

const (
	TextLine QuestionKind = "text"
	Password QuestionKind = "password" // without echo; its length is told, never its text
	Choice   QuestionKind = "choice"   // one of Options; long lists can be filtered by typing
	YesNo    QuestionKind = "yesno"    // "yes" or "no"
)

// Option is one of a Choice.
type Option struct {
	Value, Label, Detail string
}

// Action is a way on that is no answer: change, save untested, stop.
type Action struct {
	Key    string // what Answer.Action then holds
	Label  string // "change"
	Letter string // the key in full screen on pages without a text question: "c"; with one it goes by ctrl: see Chord
	Chord  string // "ctrl+e", for pages where letters are typed; "" for none
}

// Answer is how the person moved on.
type Answer struct {
	Move    Move
	Action  string                       // the Action's key, for Move Acted
	Changed string                       // the question that Decides and was changed, for Move Changed
	Focus   string                       // the one to go on at, likewise
	Texts   map[string]string            // by question, also of a page that was left by Back or an Action
	Secrets map[string]submission.Secret // of Password questions, byte for byte
}

// Move is where to go.
type Move string

const (
	Next    Move = "next"
	Back    Move = "back"
	Acted   Move = "acted"
	Changed Move = "changed" // a Question that Decides was left with another answer
)

package export

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

//go:embed formats/*.tmpl
var files embed.FS

// Format is another program's configuration; its file in formats/ begins with
// these keys.
type Format struct {
	Name       string   `toml:"-" json:"name"`                            // as --for takes it
	Title      string   `toml:"title" json:"title"`                       // the program
	File       string   `toml:"file" json:"file"`                         // where it looks
	Reference  string   `toml:"password" json:"password"`                 // how it comes by the password
	SecretFile string   `toml:"secret_file,omitempty" json:"secret_file"` // a file beside it that holds the password
	NoPassword bool     `toml:"no_password,omitempty" json:"no_password"` // it cannot hold one
	AnyLogin   bool     `toml:"any_login,omitempty" json:"-"`             // also what is not a login by password
	Next       []string `toml:"next" json:"-"`                            // two lines: where to put it, how to go on
	Proven     string   `toml:"proven,omitempty" json:"proven"`           // the version that has sent with it, "" for none
	Source     string   `toml:"source" json:"source"`                     // its documentation

	body *template.Template
}

// Proof says how far a format can be trusted.
func (f *Format) Proof() string {
	if f.Proven == "" {
		return "written from its documentation"
	}
	return "proven with " + f.Proven
}

// fence stands before and after the head of a format's file.
const fence = "+++\n"

const extension = ".tmpl"

// Formats are all that there are, in the order of their names.
func Formats() ([]*Format, error) {
	var all []*Format
	for _, name := range Names() {
		f, err := Find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// Names are what --for takes, in order.
func Names() []string {
	entries, _ := fs.ReadDir(files, "formats") // it is embedded
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), extension))
	}
	slices.Sort(names)
	return names
}

// UnknownFormatError is a name that is none.
type UnknownFormatError struct{ Name string }

func (e *UnknownFormatError) Error() string { return fmt.Sprintf("unknown format %q", e.Name) }

// Find returns a format by its name.
func Find(name string) (*Format, error) {
	if !slices.Contains(Names(), name) {
		return nil, &UnknownFormatError{name}
	}
	text, err := files.ReadFile("formats/" + name + extension)
	if err != nil {
		return nil, err
	}
	return parse(name, string(text))
}

func parse(name, text string) (*Format, error) {
	_, rest, begun := strings.Cut(text, fence)
	head, body, ended := strings.Cut(rest, "\n"+fence)
	if !begun || !ended {
		return nil, fmt.Errorf("format %s has no head", name)
	}
	f := &Format{Name: name}
	dec := toml.NewDecoder(strings.NewReader(head)).DisallowUnknownFields()
	if err := dec.Decode(f); err != nil {
		return nil, fmt.Errorf("format %s: %w", name, err)
	}
	t, err := template.New(name).Funcs(quoting()).Option("missingkey=error").Parse(body)
	for i, line := range f.Next {
		if err == nil {
			_, err = t.New(nextName(i)).Parse(line)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("format %s: %w", name, err)
	}
	f.body = t
	return f, nil
}

func nextName(i int) string { return fmt.Sprintf("next %d", i+1) }

func (f *Format) execute(part string, v values) (string, error) {
	var out bytes.Buffer
	if err := f.body.ExecuteTemplate(&out, part, v); err != nil {
		return "", fmt.Errorf("writing %s: %w", f.Name, err)
	}
	return out.String(), nil
}

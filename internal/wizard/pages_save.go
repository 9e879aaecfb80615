package wizard

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// reached: there is something to save, or, where nobody can be asked, it must
// be known beforehand how.
func (s *state) reached() bool {
	return !s.canAsk || s.untested || s.report != nil && s.report.OK()
}

func (s *state) wantsStores() bool {
	return s.offers == nil && s.reached() && !s.declined && !s.given.Demo
}

func (w *Wizard) lookForStores(ctx context.Context) error {
	s := w.state
	w.deps.Prompter.Busy(s.t.lookingForKeyring())
	s.offers = w.deps.Keeper.Stores(ctx)
	if s.offers == nil {
		s.offers = []StoreOffer{}
	}
	if f := s.offer(s.value(SecretStore)); s.canAsk && !f.Usable {
		s.problem = s.t.storeUnusable(s.value(SecretStore), f.Why)
		s.drop(SecretStore)
	}
	return ctx.Err()
}

// offer is what is known of a store.
func (s *state) offer(store string) StoreOffer {
	i := slices.IndexFunc(s.offers, func(o StoreOffer) bool { return o.Store == store })
	if i < 0 {
		return StoreOffer{Store: store, Usable: store != StoreKeyring}
	}
	return s.offers[i]
}

// store is where the password will rest, "" while that is open: the keyring
// where there is one, else the file if it opens without a question.
func (s *state) store() string {
	if v := s.value(SecretStore); v != "" {
		return v
	}
	if s.offers == nil {
		return ""
	}
	if s.offer(StoreKeyring).Usable {
		return StoreKeyring
	}
	if f := s.offer(StoreFile); f.Usable && (f.Open || f.Unlock == ByKeyFile) {
		return StoreFile
	}
	return ""
}

const unattendedKey = "unattended"

// unattendedStep asks what decides between a passphrase and none.
func unattendedStep() step {
	return step{
		key:   unattendedKey,
		needs: func(s *state) bool { return s.reached() && s.store() == "" },
		page: func(s *state) Page {
			return Page{
				Title:  s.verdict(),
				Blocks: []Block{{Plain, s.t.noKeyring(s.offer(StoreKeyring).Why)}},
				Questions: []Question{{
					Key: unattendedKey, Kind: YesNo, Label: s.t.unattended(), Value: or(s.draft[unattendedKey], "no"),
				}},
				Help: s.t.storesHelp(),
			}
		},
		take: func(s *state, a Answer) string {
			s.unattended = a.Texts[unattendedKey] == "yes"
			s.drop(SecretStore)
			s.reask(placeKey, passphraseKey)
			s.unlock, s.passphrase = "", submission.Secret{}
			if file := s.offer(StoreFile); !s.unattended && file.Usable && file.Unlock != ByKeyFile {
				s.values[SecretStore], s.unlock = StoreFile, ByPassphrase
			}
			return ""
		},
		flags: func(*state) []string { return []string{"--secret-store"} },
	}
}

const placeKey = "place"

// placeStep lets choose a place that a script can read.
func placeStep() step {
	const keyFile = string(ByKeyFile)
	return step{
		key:   placeKey,
		needs: func(s *state) bool { return s.canAsk && s.reached() && s.store() == "" },
		page: func(s *state) Page {
			q := Question{Key: placeKey, Kind: Choice, Label: s.t.placeLabel()}
			if f := s.offer(StoreFile); f.Usable && f.Unlock == "" {
				q.Options = append(q.Options, Option{keyFile, s.t.placeKeyFile(), s.t.placeKeyFileDetail()})
			}
			if f := s.offer(StoreFile); f.Usable && f.Unlock == ByPassphrase {
				q.Options = append(q.Options, Option{StoreFile, s.t.placeFile(), s.t.placeFileDetail()})
			}
			q.Options = append(q.Options,
				Option{StoreCommand, s.t.placeCommand(), s.t.placeCommandDetail()},
				Option{StoreNone, s.t.placeNone(), s.t.placeNoneDetail()})
			q.Value = or(s.draft[placeKey], q.Options[0].Value)
			return Page{Title: s.t.placeTitle(), Questions: []Question{q}, Help: s.t.storesHelp()}
		},
		take: func(s *state, a Answer) string {
			switch place := a.Texts[placeKey]; place {
			case keyFile:
				s.values[SecretStore], s.unlock = StoreFile, ByKeyFile
			case StoreFile:
				s.values[SecretStore], s.unlock = StoreFile, ByPassphrase
			default:
				s.values[SecretStore] = place
			}
			return ""
		},
	}
}

func commandStep() step {
	return step{
		key:   "command",
		needs: func(s *state) bool { return s.reached() && s.store() == StoreCommand && s.value(PasswordCommand) == "" },
		page: func(s *state) Page {
			q := s.question(PasswordCommand)
			q.Optional = false
			return Page{Title: s.t.commandTitle(), Blocks: []Block{{Plain, s.t.commandWhat()}}, Questions: []Question{q}}
		},
		take: func(s *state, a Answer) string {
			line := a.Texts[string(PasswordCommand)]
			switch {
			case line == "":
				return s.t.commandMissing()
			case s.password.Len() > 5 && strings.Contains(line, s.password.Reveal()): // a shorter one is a word
				delete(s.draft, string(PasswordCommand))
				return s.t.commandTells()
			}
			s.taken(a, PasswordCommand)
			return ""
		},
		flags: func(*state) []string { return []string{"--password-command"} },
	}
}

// wantsCommandTried: a command was typed, and whether it prints the password that
// was tried is not known. Of one that the password was read from it is.
func (s *state) wantsCommandTried() bool {
	line := s.value(PasswordCommand)
	if line == "" || s.fixed[PasswordCommand] || line == s.printedBy || s.declined || !s.canAsk || !s.reached() || s.store() != StoreCommand {
		return false
	}
	return line != s.given.Defaults[PasswordCommand] || s.password.Reveal() != s.given.Kept.Reveal()
}

// tryCommand runs it, so that nothing is saved that will not work.
func (w *Wizard) tryCommand(ctx context.Context) error {
	s := w.state
	line := s.value(PasswordCommand)
	w.deps.Prompter.Busy(s.t.runningCommand())
	printed, err := w.deps.Keeper.Printed(ctx, line)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && printed.Reveal() == s.password.Reveal():
		s.printedBy = line
		return nil
	case err == nil:
		s.problem = s.t.printsAnother(printed.Len(), s.password.Len())
	default:
		s.problem = s.t.printsNone(err.Error(), hintOf(err))
	}
	s.drop(PasswordCommand)
	s.reask("command")
	return nil
}

// hintOf is what an error says of what to do, "" for nothing.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) {
		return ""
	}
	return hinted.Hint()
}

// fileUnlock is what opens the encrypted file, once the password goes there.
func (s *state) fileUnlock() Unlock {
	if u := s.offer(StoreFile).Unlock; u != "" {
		return u
	}
	if s.unlock == "" {
		return ByPassphrase
	}
	return s.unlock
}

const (
	passphraseKey = "passphrase"
	repeatKey     = "passphrase-again"
)

func passphraseStep() step {
	return step{
		key: passphraseKey,
		needs: func(s *state) bool {
			return s.reached() && s.store() == StoreFile && !s.offer(StoreFile).Open && s.fileUnlock() == ByPassphrase && s.passphrase.IsZero()
		},
		page: func(s *state) Page {
			p := Page{
				Title:     s.t.passphraseTitle(s.isNewFile()),
				Blocks:    []Block{{Plain, s.t.protects()}},
				Questions: []Question{{Key: passphraseKey, Kind: Password, Label: s.t.passphraseLabel(), Check: s.oneLine}},
			}
			if s.isNewFile() {
				p.Questions = append(p.Questions, Question{Key: repeatKey, Kind: Password, Label: s.t.repeatLabel()})
			}
			return p
		},
		take: func(s *state, a Answer) string {
			typed := a.Secrets[passphraseKey]
			switch {
			case typed.IsZero():
				return s.t.passphraseMissing()
			case s.isNewFile() && typed.Reveal() != a.Secrets[repeatKey].Reveal():
				return s.t.passphrasesDiffer()
			}
			s.passphrase = typed
			return ""
		},
		flags: func(s *state) []string { return []string{s.t.passphraseFlags()} },
	}
}

// oneLine: a file that a passphrase is read from would lose its line end.
func (s *state) oneLine(passphrase string) string {
	if strings.ContainsAny(passphrase, "\r\n") {
		return s.t.passphraseLines()
	}
	return ""
}

func (s *state) isNewFile() bool { return s.offer(StoreFile).Unlock == "" }

const saveKey = "save"

func saveStep() step {
	return step{
		key: saveKey,
		needs: func(s *state) bool {
			return s.reached() && !s.declined && !(s.fixed[ProfileName] && s.fixed[SecretStore] && !s.untested)
		},
		page: func(s *state) Page {
			if s.given.Demo {
				return Page{Title: s.verdict(), Next: s.t.endDemo(), Blocks: append(s.acceptance(), Block{Strong, s.t.demoKeepsNothing()})}
			}
			p := Page{
				Title:   s.verdict(),
				Next:    s.t.save(),
				Actions: []Action{{Key: changeKey, Label: s.t.change(), Letter: "c"}},
			}
			if s.nameUnasked() {
				p.Actions = append(p.Actions, Action{Key: string(DisplayName), Label: s.t.changeOne(DisplayName), Letter: "a"})
			}
			p.Actions = append(p.Actions, Action{Key: "no", Label: s.t.doNotSave(), Letter: "n"})
			p.Blocks = append([]Block{{Strong, s.t.saveQuestion(s.shown(ProfileName), s.store(), s.fileUnlock())}}, s.acceptance()...)
			if s.store() == StoreFile && !s.passed[passphraseKey] && !s.passed[placeKey] { // they have told it
				p.Blocks = append(p.Blocks, Block{Plain, s.t.protects()})
			}
			return p
		},
		take: func(s *state, _ Answer) string {
			if s.given.Demo {
				return ""
			}
			return s.nameFault(s.shown(ProfileName))
		},
		act: func(s *state, key string) {
			switch key {
			case changeKey:
				s.change(ProfileName, ProfileName, SecretStore, DisplayName)
			case string(DisplayName):
				s.change(DisplayName, DisplayName)
			default:
				s.declined = true
			}
		},
		assume: func(s *state) bool {
			return s.given.Demo || s.given.Yes || s.given.Profile != "" || s.fixed[ProfileName] && s.fixed[SecretStore]
		},
		flags: func(s *state) []string {
			var out []string
			for _, f := range []submission.Field{ProfileName, SecretStore} {
				if !s.fixed[f] && !(f == SecretStore && s.store() == "") {
					out = append(out, "--"+string(f))
				}
			}
			return out
		},
	}
}

// nameUnasked: the address was given beforehand, so that its page, which asks for
// the name too, was never seen.
func (s *state) nameUnasked() bool {
	return s.value(DisplayName) == "" && !s.passed["address"]
}

// stores are the places of the page of changes.
func (s *state) stores() []Option {
	var out []Option
	for _, store := range []string{StoreKeyring, StoreFile, StoreCommand, StoreNone} {
		if s.offers == nil || s.offer(store).Usable {
			out = append(out, Option{store, s.t.store(store), ""})
		}
	}
	if s.store() == "" {
		out = append([]Option{{"", s.t.askLater(), ""}}, out...)
	}
	return out
}

func (s *state) wantsKeeping() bool { return s.saved == nil && !s.done }

// keep saves, and tells how it ended. Of a demonstration nothing is saved.
func (w *Wizard) keep(ctx context.Context) error {
	s := w.state
	switch {
	case s.declined && s.untested:
		s.stop()
		return nil
	case s.declined:
		s.done = true
		w.deps.Prompter.Tell(s.notSaved(w.deps.Card(s.proven()))...)
		return nil
	}
	if s.given.Demo {
		w.finish()
		return nil
	}
	w.deps.Prompter.Busy(s.t.saving())
	saved, err := w.deps.Keeper.Save(ctx, s.proven())
	switch {
	case err != nil && s.canAsk && ctx.Err() == nil:
		s.problem = s.t.notSavedBecause(err.Error())
		s.passphrase = submission.Secret{} // it may be the wrong one
		s.reask(passphraseKey)
		s.reopen(saveKey)
		return nil
	case err != nil:
		return err
	}
	s.saved = &saved
	w.finish()
	return nil
}

func (w *Wizard) finish() {
	s := w.state
	if s.done = true; s.untested && s.report != nil {
		s.status = s.report.ExitStatus()
	}
	s.told = true
	w.deps.Prompter.Tell(s.summary(w.deps.Card(s.proven()))...)
}

// proven is what to save: of a try that passed, the one endpoint that worked.
func (s *state) proven() Proven {
	p := Proven{
		Name: s.shown(ProfileName), Replaces: s.given.Profile, Attempt: s.attempt(), Report: s.report, Untested: s.untested,
		Place: Place{Store: s.store(), Command: s.value(PasswordCommand), Passphrase: s.passphrase},
	}
	if !s.untested {
		p.Account.Endpoints = []submission.Endpoint{s.report.Endpoint}
	}
	if p.Preset != nil {
		p.Incoming = p.Preset.Incoming
	}
	if p.Place.Store == StoreFile {
		p.Place.Unlock = s.fileUnlock()
	}
	return p
}

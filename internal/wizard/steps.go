package wizard

import "context"

// step is one page, or one job between pages.
type step struct {
	key     string
	needs   func(*state) bool // there is something to ask or do
	strict  bool              // asked as long as it is needed, not once
	passing bool              // nothing to come back to

	page func(*state) Page
	take func(*state, Answer) (problem string) // of moving on
	act  func(*state, string)                  // of an action of the page
	// changed takes what the rest of the page depends on, before that is asked.
	changed func(*state, Answer) (problem string)
	// assume settles it without asking, if it may; nil: it may not.
	assume func(*state) bool
	flags  func(*state) []string // that would have answered it

	do func(*Wizard, context.Context) error // of a job
}

// steps is the whole way, in order.
func steps() []step {
	return []step{
		// As soon as it matters: where nobody can be asked, before anything.
		{key: "stores", strict: true, needs: (*state).wantsStores, do: (*Wizard).lookForStores},
		addressStep(),
		{key: "find", strict: true, needs: (*state).wantsDNS, do: (*Wizard).find},
		slipStep(),
		providerStep(),
		variantStep(),
		hostStep(),
		regionStep(),
		confirmStep(),
		{key: "find-bridge", strict: true, needs: (*state).wantsBridge, do: (*Wizard).findBridge},
		bridgeStep(),
		warningStep(),
		loginStep(),
		unlockStep(),
		{key: "kept", strict: true, needs: (*state).wantsKept, do: (*Wizard).readKept},
		doubtStep(),
		waitStep(),
		{key: "try", strict: true, needs: (*state).wantsTry, do: (*Wizard).try},
		{key: "case", strict: true, needs: (*state).wantsCase, do: (*Wizard).writeCase},
		failedStep(),
		unattendedStep(),
		placeStep(),
		commandStep(),
		{key: "try-command", strict: true, needs: (*state).wantsCommandTried, do: (*Wizard).tryCommand},
		passphraseStep(),
		saveStep(),
		{key: "keep", strict: true, needs: (*state).wantsKeeping, do: (*Wizard).keep},

		// Only on demand.
		changeStep(),
		certificateNameStep(),
		trustStep(),
		transcriptStep(),
	}
}

func never(*state) bool { return false }

// next is the first step that is due, nil at the end.
func (s *state) next(all []step) *step {
	for i := range all {
		if st := &all[i]; s.wanted == st.key || s.wanted == "" && s.due(st) {
			return st
		}
	}
	return nil
}

func (s *state) due(st *step) bool {
	return s.reopened[st.key] || st.needs(s) && (st.strict || !s.passed[st.key])
}

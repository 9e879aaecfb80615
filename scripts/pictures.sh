#!/bin/sh
# Draws the pictures of the README from real runs on the embedded server: the
# program in a tmux of 80x24, what stands there as an asciicast of one moment,
# that as SVG by svg-term. Needs tmux and node; takes the program's path.
set -eu

smtpwiz=$(realpath "${1:-bin/smtpwiz}")
out=$(realpath docs/pictures)
dir=$(mktemp -d)
tmux="tmux -L smtpwiz-pictures-$$ -f /dev/null"
trap '$tmux kill-server 2>/dev/null || :; rm -rf "$dir"' EXIT

# A home without anything of this machine in it.
mkdir "$dir/bin" "$dir/home"
ln -s "$smtpwiz" "$dir/bin/smtpwiz"

# begin opens a shell, whose prompt is a dollar sign.
begin() {
	env -i HOME="$dir/home" PATH="$dir/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm-256color \
		$tmux new-session -d -x 80 -y 24 "cd && PS1='$ ' exec sh -i"
	$tmux set-option -g status off
	$tmux set-option -g default-terminal tmux-256color
	sees '$'
}

end() { $tmux kill-server; }

# sees waits for a text on the screen, 10 s at most.
sees() {
	for _ in $(seq 100); do
		if $tmux capture-pane -p | grep -qF -- "$1"; then return; fi
		sleep 0.1
	done
	echo "waited in vain for: $1" >&2
	$tmux capture-pane -p >&2
	exit 1
}

keys() { $tmux send-keys "$@"; }

# draw makes a picture of what is on the screen now.
draw() {
	sleep 0.5 # the whole of it
	$tmux capture-pane -pe >"$dir/screen"
	node -e '
		const screen = require("fs").readFileSync(0, "utf8").trimEnd().split("\n");
		console.log(JSON.stringify({version: 2, width: 80, height: screen.length}));
		console.log(JSON.stringify([0.1, "o", screen.join("\r\n") + "\x1b[?25l"]));
	' <"$dir/screen" >"$dir/$1.cast"
	npx --yes svg-term-cli@2.1.1 --in "$dir/$1.cast" --out "$out/$1.svg" --at 100 --window --no-cursor
	echo "docs/pictures/$1.svg"
}

begin
keys 'smtpwiz setup --demo' Enter
sees 'Which address'
keys Enter Enter
sees 'Log in'
keys Enter
sees 'Works.'
keys Enter
sees 'This was a demonstration'
draw setup
end

begin
keys 'smtpwiz setup --demo=app_password_required --preset gmail' Enter
sees 'Which address'
keys Enter Enter
sees 'Log in'
keys Enter
sees 'was refused'
draw rescue
end

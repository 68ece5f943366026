//! What a shell command certainly does to files, without running it.
//!
//! Tools run shell scripts, and models like to write files in them by heredocs. This is no shell:
//! it cuts a script into simple commands and knows a few of them. A word with an expansion, a
//! heredoc with one, and a command that runs only if a test holds or another one fails are not
//! certain and yield nothing; from a loop, a subshell or anything not understood on, nothing is
//! read. Every other command is taken to succeed: whether it did is in the tool's result.

mod script;

use crate::{Edit, EditKind, patch};
use script::{Command, Word};

/// How many files one command is said to read.
const MOST_READS: usize = 256;

/// The files that a command writes by heredocs, in its order:
///
/// - `cat > FILE <<'EOF'` and `tee FILE <<'EOF'`: a creation;
/// - with `>>` or `tee -a`: a replacement whose `before` is absent and whose `after` is what was
///   appended;
/// - `apply_patch <<'EOF'` and `apply_patch '…'`: the edits of the [`patch`].
///
/// A relative path is joined to the directory of a `cd` before it.
pub fn edits(command: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    walk(command, |directory, command| edits.extend(edits_of(directory, command)));
    edits
}

/// The files that a command prints or searches: those that `cat`, `head`, `tail`, `nl`, `sed -n`,
/// `grep` and `rg` name.
pub fn reads(command: &str) -> Vec<String> {
    let mut reads = Vec::new();
    walk(command, |directory, command| {
        for path in files_read(command) {
            if reads.len() < MOST_READS {
                reads.extend(directory.join(path).filter(|path| !reads.contains(path)));
            }
        }
    });
    reads
}

/// A program's arguments as one command: the script of `["bash", "-lc", "make test"]`, or else the
/// arguments quoted where they must be.
pub fn command<S: AsRef<str>>(arguments: &[S]) -> String {
    const SHELLS: [&str; 9] =
        ["bash", "sh", "zsh", "dash", "ksh", "fish", "pwsh", "powershell", "cmd"];
    let is_shell = arguments.first().is_some_and(|program| {
        let name = program.as_ref().rsplit(['/', '\\']).next().unwrap_or_default();
        SHELLS.contains(&name.strip_suffix(".exe").unwrap_or(name))
    });
    if let [.., flag, script] = arguments
        && is_shell
        && matches!(flag.as_ref(), "-c" | "-lc" | "-ic" | "-lic" | "-Command" | "-command" | "/c")
    {
        return script.as_ref().to_owned();
    }
    let mut text = String::new();
    for argument in arguments {
        if !text.is_empty() {
            text.push(' ');
        }
        push_quoted(&mut text, argument.as_ref());
    }
    text
}

fn push_quoted(text: &mut String, argument: &str) {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        text.push_str(argument);
    } else {
        text.push('\'');
        text.push_str(&argument.replace('\'', "'\\''"));
        text.push('\'');
    }
}

/// Where a command runs, as far as that is known.
enum Directory {
    /// Where the script began.
    Start,
    /// A path, absolute or relative to where it began.
    At(String),
    Unknown,
}

impl Directory {
    fn join(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix("./").unwrap_or(path);
        if path.is_empty() || path == "/dev/null" {
            return None;
        }
        match self {
            _ if is_absolute(path) => Some(path.to_owned()),
            Self::Start => Some(path.to_owned()),
            Self::At(directory) => Some(format!("{}/{path}", directory.trim_end_matches('/'))),
            Self::Unknown => None,
        }
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':')
}

/// Calls `visit` for each command that is certain to run.
fn walk(script: &str, mut visit: impl FnMut(&Directory, &Command)) {
    let mut directory = Directory::Start;
    for command in script::commands(script) {
        let moves = matches!(command.name(), "cd" | "pushd" | "popd") && !command.in_pipeline();
        if moves {
            directory = match command.arguments() {
                [Word { text, certain: true }]
                    if command.name() == "cd" && !command.conditional && text != "-" =>
                {
                    directory.join(text).map_or(Directory::Unknown, Directory::At)
                }
                _ => Directory::Unknown,
            };
        } else if !command.conditional {
            visit(&directory, &command);
        }
    }
}

fn edits_of(directory: &Directory, command: &Command) -> Vec<Edit> {
    match (command.name(), command.arguments()) {
        ("cat", [] | [Word { .. }]) => {
            let from_heredoc = command.arguments().first().is_none_or(|word| word.text == "-");
            let (Some(text), [target], true) =
                (&command.heredoc, command.writes.as_slice(), from_heredoc)
            else {
                return Vec::new();
            };
            written(directory, &target.path, target.append, text).into_iter().collect()
        }
        ("tee", arguments) => {
            let Some(text) = &command.heredoc else { return Vec::new() };
            let is_flag = |word: &Word| word.text.starts_with('-');
            let append = match arguments.iter().find(|word| is_flag(word)) {
                None => false,
                Some(flag) if matches!(flag.text.as_str(), "-a" | "--append") => true,
                Some(_) => return Vec::new(),
            };
            let files = arguments.iter().filter(|word| !is_flag(word));
            files.filter_map(|file| written(directory, file, append, text)).collect()
        }
        ("apply_patch" | "applypatch", arguments) => {
            let text = match (arguments, &command.heredoc) {
                ([Word { text, certain: true }], None) => text,
                ([], Some(text)) => text,
                _ => return Vec::new(),
            };
            let mut edits = patch::edits(text);
            edits.retain_mut(|edit| {
                let Some(path) = directory.join(&edit.path) else { return false };
                edit.path = path;
                edit.to = edit.to.take().and_then(|to| directory.join(&to));
                edit.kind != EditKind::Rename || edit.to.is_some()
            });
            edits
        }
        _ => Vec::new(),
    }
}

fn written(directory: &Directory, path: &Word, append: bool, text: &str) -> Option<Edit> {
    let path = path.certain.then(|| directory.join(&path.text))??;
    let kind = if append { EditKind::Replace } else { EditKind::Create };
    Some(Edit { kind, ..Edit::create(path, text) })
}

fn files_read(command: &Command) -> Vec<&str> {
    let arguments = command.arguments();
    let is_flag = |word: &&Word| word.text.starts_with('-');
    let files: Vec<&Word> = match command.name() {
        "cat" | "nl" | "bat" => arguments.iter().filter(|word| !is_flag(word)).collect(),
        "head" | "tail" => {
            let takes_value = |word: &&Word| matches!(word.text.as_str(), "-n" | "-c");
            let mut files: Vec<_> = arguments.iter().filter(|word| !is_flag(word)).collect();
            // The values of the flags stand before the files.
            files.drain(..arguments.iter().filter(takes_value).count().min(files.len()));
            files
        }
        "sed" => match arguments {
            [flag, _script, files @ ..] if flag.text == "-n" => {
                if files.iter().any(|word| is_flag(&word)) {
                    return Vec::new();
                }
                files.iter().collect()
            }
            _ => return Vec::new(),
        },
        "grep" | "rg" => {
            let is_known = |word: &Word| {
                word.text == "--hidden"
                    || word.text[1..].chars().all(|flag| "nilrwvRSFEoch".contains(flag))
            };
            if !arguments.iter().filter(is_flag).all(is_known) {
                return Vec::new();
            }
            arguments.iter().filter(|word| !is_flag(word)).skip(1).collect()
        }
        _ => return Vec::new(),
    };
    files.into_iter().filter(|word| word.certain).map(|word| word.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn appended(path: &str, text: &str) -> Edit {
        Edit { kind: EditKind::Replace, ..Edit::create(path, text) }
    }

    #[test]
    fn heredocs_write_files() {
        for script in [
            "cat > a.txt <<'EOF'\none $two\nEOF",
            "cat <<'EOF' > a.txt\none $two\nEOF\n",
            "cat <<\"EOF\" >a.txt\none $two\nEOF\necho done",
            "set -e\nmkdir -p x && cat - 1> ./a.txt <<- 'EOF' 2>/dev/null\n\tone $two\n\tEOF\n",
            "tee a.txt <<'EOF' >/dev/null\none $two\nEOF",
            "cat <<EOF > a.txt # note\none \\$two\nEOF\nLANG=C cat >'a.txt' <<\\EOF\none $two\nEOF",
        ] {
            assert_eq!(edits(script), [Edit::create("a.txt", "one $two\n")], "{script}");
        }
        assert_eq!(edits("cat >> a <<EOF\nplain\nEOF"), [appended("a", "plain\n")]);
        assert_eq!(
            edits("tee -a a b <<EOF\nplain\nEOF"),
            [appended("a", "plain\n"), appended("b", "plain\n")]
        );
    }

    #[test]
    fn directories_are_followed_while_they_are_certain() {
        let write = "cat > f <<'E'\nx\nE\n";
        let path = |script: String| edits(&script).into_iter().map(|edit| edit.path).next();
        assert_eq!(path(format!("cd sub && {write}")), Some("sub/f".into()));
        assert_eq!(path(format!("cd /a; cd 'b c'\n{write}")), Some("/a/b c/f".into()));
        assert_eq!(path(format!("cd sub || exit 1; {write}")), Some("sub/f".into()));
        assert_eq!(path(format!("cd x | cat\n{write}")), Some("f".into()));
        for unknown in ["cd $HOME", "cd", "cd -", "cd ~/a", "pushd x", "make || cd x"] {
            assert_eq!(path(format!("{unknown}; {write}")), None, "{unknown}");
        }
        assert_eq!(path("cd $HOME; cat > /f <<'E'\nx\nE".into()), Some("/f".into()));
    }

    #[test]
    fn patches_are_read_from_either_form() {
        let patch = "*** Begin Patch\n*** Update File: a\n@@\n-it's\n+it is $1\n*** End Patch\n";
        let expected = [Edit::replace("a", "it's\n", "it is $1\n")];
        assert_eq!(edits(&format!("applypatch << 'PATCH'\n{patch}PATCH")), expected);
        assert_eq!(edits(&command(&["apply_patch", patch])), expected);
        let moved = "cd d && apply_patch <<'E'\n*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@\n-1\n+2\n*** End Patch\nE\n";
        assert_eq!(edits(moved), [Edit::replace("d/a", "1\n", "2\n"), Edit::rename("d/a", "d/b")]);
    }

    #[test]
    fn what_is_not_certain_yields_nothing() {
        for script in [
            "cat > $f <<'E'\nx\nE",
            "cat > *.txt <<'E'\nx\nE",
            "cat > a <<E\n$(date)\nE",
            "cat > a <<E\nback\\slash\nE",
            "cat > a <<'E'\nno end",
            "cat > a",
            "cat b > a <<'E'\nx\nE",
            "cat > a > b <<'E'\nx\nE",
            "false || cat > a <<'E'\nx\nE",
            "[ -f a ] || cat > a <<'E'\nx\nE",
            "[ -f b ] && mkdir c && cat > a <<'E'\nx\nE",
            "<<'E' ; cat > a\nx\nE",
            "cat > a <<'E' < b\nx\nE",
            "cat > a <<'E' $(x <<F)\nx\nE",
            "if true; then\ncat > a <<'E'\nx\nE\nfi",
            "(cd x; cat > a <<'E'\nx\nE\n)",
            "for f in 1 2; do cat > a <<'E'\nx\nE\ndone",
            "! cat > a <<'E'\nx\nE",
            "echo 'cat > a <<E\nx\nE",
            "python3 - <<'E'\nopen('a', 'w')\nE",
            "cat > /dev/null <<'E'\nx\nE",
            "tee -p a <<'E'\nx\nE",
            "apply_patch \"$patch\"",
        ] {
            assert_eq!(edits(script), [], "{script}");
        }
    }

    #[test]
    fn commands_name_the_files_they_read() {
        let read = |script: &str| reads(script).join(" ");
        assert_eq!(read("cat a.rs ./b.rs | head -n 5"), "a.rs b.rs");
        assert_eq!(read("cd x && sed -n '1,200p' go.mod && nl -ba y.c"), "x/go.mod x/y.c");
        assert_eq!(read("head -n 20 a; tail -5 b; head -c 3 -n 4 c d"), "a b c d");
        assert_eq!(read("rg -n \"fn $x\" src tests/*.rs; grep -A3 x y"), "src");
        assert_eq!(read("cat \"$f\" a a; cat < b; sed -i s/a/b/ c; ls d; cat > e <<'E'\nE"), "a");
    }

    #[test]
    fn arguments_become_a_command() {
        assert_eq!(command(&["/bin/zsh", "-lc", "cd x && make"]), "cd x && make");
        assert_eq!(command(&["powershell.exe", "-NoProfile", "-Command", "ls"]), "ls");
        assert_eq!(command(&["git", "commit", "-m", "it's"]), "git commit -m 'it'\\''s'");
        assert_eq!(command::<&str>(&[]), "");
    }

    proptest! {
        #[test]
        fn a_quoted_heredoc_is_taken_as_it_is(
            path in "[a-zA-Z0-9_./-]{0,8}[a-z]",
            lines in prop::collection::vec("[ -~é\t]{0,20}", 0..6),
        ) {
            prop_assume!(!path.starts_with('-') && path != "/dev/null");
            let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assume!(lines.iter().all(|line| line != "DONE"));
            let script = format!("echo first; cat > {path} <<'DONE'\n{body}DONE\n");
            let expected = path.strip_prefix("./").unwrap_or(&path).to_owned();
            prop_assert_eq!(edits(&script), [Edit::create(expected, body)]);
        }

        #[test]
        fn arguments_are_read_back_from_the_command(text in "[ -~é\n]{0,40}") {
            let script = command(&["apply_patch", &text]);
            let commands = script::commands(&script);
            prop_assert_eq!(commands.len(), 1);
            prop_assert_eq!(&commands[0].arguments()[0].text, &text);
        }

        #[test]
        fn any_script_is_survived(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("cat"), Just(" "), Just(">"), Just(">>"), Just("<<"), Just("<<-"), Just("<<<"),
                    Just("'"), Just("\""), Just("\\"), Just("\n"), Just("E"), Just("$("), Just(")"),
                    Just("`"), Just("${"), Just("}"), Just("&&"), Just("||"), Just("|"), Just(";"),
                    Just("&"), Just("2>&1"), Just("cd x"), Just("#"), Just("é"), Just("$'"), Just("tee"),
                    Just("sed -n "), Just("rg -"), Just("head -n"), Just("apply_patch "), Just("a=1 "),
                ],
                0..40,
            ),
        ) {
            let script = parts.concat();
            for edit in edits(&script) {
                prop_assert!(!edit.path.is_empty());
            }
            reads(&script);
        }
    }
}

//! The text of the hooks: POSIX shell, for the `sh` of any system.
//!
//! Three rules hold for each. Another hook runs first, with the same arguments and standard input, and
//! its answer counts; ours never changes it. What Lore does goes on in the background, with nothing
//! open that git or a terminal waits for, so that a Lore that hangs holds nobody up. If there is no
//! Lore, nothing happens.

use std::path::Path;

use super::Hook;

/// The version of the text. Hooks of another one are brought up to date by `lore hooks install`.
const VERSION: u32 = 2;

/// Begins the line that tells whose the file is.
const MARK: &str = "# lore-hook: ";

/// Begin and end of our part in a file of others.
const BLOCK_BEGIN: &str = "# >>> lore-hook: ";
const BLOCK_END: &str = "# <<< lore-hook";

/// All streams elsewhere, also those that whoever called git left open.
const DETACHED: &str = "</dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &";

/// What a hook that was there before has behind its name.
pub(super) const CHAINED: &str = ".lore-chained";

/// A file of our own.
pub(super) fn file(hook: Hook, program: &Path) -> String {
    let name = hook.name();
    let before = before(hook);
    let find =
        format!("lore={}\n[ -x \"$lore\" ] || lore=lore\n", quoted(&program.to_string_lossy()));
    let work = work(hook, "\"$lore\"");
    format!(
        "#!/bin/sh
{MARK}{VERSION} {name}
# Written by `lore hooks install`; `lore hooks uninstall` removes it. A hook that was here before is
# `{name}{CHAINED}`, and runs first.

{before}
{find}{work}
exit \"$status\"
"
    )
}

/// Our part in a file of others, which `sh -e` runs. Such files are often committed, so it names no
/// directory of this machine.
pub(super) fn block(hook: Hook) -> String {
    let name = hook.name();
    let work = work(hook, "lore");
    let list = if hook == Hook::PostRewrite { LIST } else { "" };
    format!(
        "{BLOCK_BEGIN}{VERSION} {name} (written by `lore hooks install`)
{list}{work}{BLOCK_END}
"
    )
}

/// Standard input, to the last byte.
const LIST: &str = "list=$(cat; echo .)\nlist=${list%.}\n";

/// Runs the hook that was there before.
fn before(hook: Hook) -> String {
    let chained = "\"$0.lore-chained\"";
    let run = |call: &str| format!("if [ -x {chained} ]; then\n    {call}\nfi\n");
    let obey = run(&format!("{chained} \"$@\" || exit $?"));
    let remember = "|| status=$?";
    match hook {
        // The commit is made, whatever it says.
        Hook::PostCommit => {
            format!("status=0\n{}", run(&format!("{chained} \"$@\" {remember}")))
        }
        // What it refuses, git gives up.
        Hook::PrepareCommitMsg => format!("status=0\n{obey}"),
        // Both read the same list.
        Hook::PostRewrite => {
            let given = "printf '%s' \"$list\" 2>/dev/null";
            let call = format!("{given} | {chained} \"$@\" {remember}");
            format!("status=0\n{LIST}{}", run(&call))
        }
        Hook::PrePush => format!(
            "# A push of Lore's own.\n[ -z \"$LORE_SYNC_HOOK\" ] || exit 0\nstatus=0\n{obey}"
        ),
    }
}

/// What Lore does, called as `lore`. Whatever becomes of it, the result is 0.
fn work(hook: Hook, lore: &str) -> String {
    let there = format!("command -v {lore} >/dev/null 2>&1");
    // Git's variables lead to this commit's index and the like; in the background, the repository is
    // found by its directory.
    let unset = "unset $(git rev-parse --local-env-vars 2>/dev/null)";
    match hook {
        // The commit is named now: the next one may be made before the background looks.
        Hook::PostCommit => format!(
            "if {there} && commit=$(git rev-parse --verify --quiet HEAD 2>/dev/null); then
    (
        {unset}
        exec {lore} hooks run post-commit \"$commit\"
    ) {DETACHED}
fi || :
"
        ),
        // Git waits for this one: it looks at the clock itself.
        Hook::PrepareCommitMsg => format!(
            "if {there}; then
    {lore} hooks run prepare-commit-msg \"$1\" \"$2\" </dev/null >/dev/null 2>&1
fi || :
"
        ),
        Hook::PostRewrite => format!(
            "if {there}; then
    (
        {unset}
        printf '%s' \"$list\" | {lore} hooks run post-rewrite \"$1\"
    ) {DETACHED}
fi || :
"
        ),
        // Not for a push of Lore's own.
        Hook::PrePush => format!(
            "if [ -z \"${{LORE_SYNC_HOOK-}}\" ] && {there}; then
    (
        {unset}
        exec {lore} hooks run pre-push \"$1\"
    ) {DETACHED}
fi || :
"
        ),
    }
}

/// The version of a file of ours; nothing if it is another's.
pub(super) fn version(text: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(text);
    let mark = text.lines().take(3).find_map(|line| line.strip_prefix(MARK))?;
    mark.split(' ').next()?.parse().ok()
}

/// Where our part is in a file of others, and its version. The line feed before it is ours.
pub(super) fn find_block(text: &[u8]) -> Option<(std::ops::Range<usize>, u32)> {
    let start = find(text, BLOCK_BEGIN.as_bytes())?;
    let rest = text.get(start..)?;
    let version = rest.get(BLOCK_BEGIN.len()..)?.split(|byte| *byte == b' ').next()?;
    let version = std::str::from_utf8(version).ok()?.parse().ok()?;
    let length = find(rest, BLOCK_END.as_bytes())? + BLOCK_END.len();
    let length = length + usize::from(rest.get(length) == Some(&b'\n'));
    let before = text.get(..start)?.ends_with(b"\n");
    Some((start - usize::from(before)..start + length, version))
}

/// Whether that is the version of this release.
pub(super) fn is_current(version: u32) -> bool {
    version == VERSION
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A word that the shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_files_are_recognised() {
        for hook in Hook::ALL {
            let text = file(hook, Path::new("/opt/my tools/it's/lore"));
            assert_eq!(version(text.as_bytes()), Some(VERSION), "{text}");
            assert_eq!(find_block(text.as_bytes()), None);
            let block = block(hook);
            let all = format!("npm test\n\n{block}echo\n");
            let (range, version) = find_block(all.as_bytes()).expect("it is there");
            assert_eq!((version, &all[range]), (VERSION, &*format!("\n{block}")));
        }
        assert_eq!(version(b"#!/bin/sh\necho\n"), None);
        assert_eq!(version(b"#!/bin/sh\n# lore-hook: x\n"), None);
        assert_eq!(find_block(b"# >>> lore-hook: 1 pre-push\n"), None);
    }

    #[test]
    fn a_quoted_word_stays_one() {
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
    }
}

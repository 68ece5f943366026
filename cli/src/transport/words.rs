//! What git and the remote said, understood as far as it must be, and made fit to be shown.

use super::Pushed;
use crate::output::plain::{cut, one_line};

/// Bytes that are shown of a complaint.
const LONGEST: usize = 600;

/// What a complaint of git's ends with and says nothing.
const EMPTY_WORDS: [&str; 4] = [
    "failed to push some refs",
    "Could not read from remote repository",
    "Please make sure you have the correct access rights",
    "and the repository exists",
];

/// Reasons that git itself gives if the store is not the expected one.
const OURS: [&str; 6] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "already exists",
    "needs force",
    "remote ref updated since checkout",
];

/// Reasons that remotes give if two push at the same moment.
const THEIRS: [&str; 6] = [
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "incorrect old value",
    "reference already exists",
    "but expected",
];

/// What makes those the reasons of something that lasts.
const LASTING: [&str; 3] = ["Permission denied", "No space left", "Read-only file system"];

/// How servers say that somebody may not write.
const FORBIDDEN: [&str; 5] =
    ["returned error: 403", "denied to", "not allowed", "read-only", "read only"];

/// What the remote said to a push that failed; nothing if it was not reached.
pub(super) fn answer(stdout: &str, stderr: &str) -> Option<Pushed> {
    // `!	<from>:<to>	[remote rejected] (<reason>)`
    let line = stdout.lines().find_map(|line| line.strip_prefix("!\t"));
    let Some((_, summary)) = line.and_then(|line| line.split_once('\t')) else {
        let refused = FORBIDDEN.iter().any(|words| stderr.contains(words));
        return refused.then(|| Pushed::Refused(complaint(stderr)));
    };
    let reason = summary.split_once('(').map_or(summary, |(_, reason)| reason);
    let reason = reason.strip_suffix(')').unwrap_or(reason);
    let says = |words: &&str| reason.contains(words);
    let lasting = LASTING.iter().any(|words| stderr.contains(words));
    let faster = match summary.starts_with("[rejected]") {
        true => OURS.iter().any(says),
        false => THEIRS.iter().any(says) && !lasting,
    };
    if faster {
        return Some(Pushed::Faster);
    }
    let words = stderr.lines().filter_map(|line| line.strip_prefix("remote:"));
    let words: Vec<String> = words.map(one_line).filter(|words| !words.is_empty()).collect();
    let text = match words.is_empty() {
        true => reason.to_owned(),
        false => format!("{reason}: {}", words.join("; ")),
    };
    Some(Pushed::Refused(shown(&text)))
}

/// Why git failed, in one line.
pub(super) fn complaint(stderr: &str) -> String {
    let line = |line: &str| {
        let line = one_line(line);
        let idle = ["hint:", "warning:"].into_iter().any(|begin| line.starts_with(begin))
            || EMPTY_WORDS.iter().any(|words| line.contains(words));
        let known = ["fatal: ", "error: ", "remote: ", "ERROR: "];
        let bare = known.into_iter().find_map(|begin| line.strip_prefix(begin)).unwrap_or(&line);
        (!idle && bare != "remote:" && !bare.is_empty()).then(|| bare.to_owned())
    };
    let lines: Vec<String> = stderr.lines().filter_map(line).collect();
    match lines.is_empty() {
        true => "it does not say why".to_owned(),
        false => shown(&lines.join("; ")),
    }
}

/// In one line, not too long, without control characters and passwords.
fn shown(text: &str) -> String {
    let text = without_credentials(&one_line(text));
    match cut(&text, LONGEST) {
        (_, 0) => text,
        (begin, _) => format!("{begin}…"),
    }
}

/// The text with `****` in place of names and passwords in addresses. The user of an ssh address
/// without a password stays: it is part of where the repository is.
pub(super) fn without_credentials(text: &str) -> String {
    const MARK: &str = "://";
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (before, after) = rest.split_at(at + MARK.len());
        result.push_str(before);
        let is_end = |sign: char| sign.is_whitespace() || "/?#'\"<>`".contains(sign);
        let authority = after.split(is_end).next().unwrap_or_default();
        rest = after;
        if let Some((user, _)) = authority.rsplit_once('@') {
            let is_ssh = before.ends_with("ssh://") && !user.contains(':');
            result.push_str(if is_ssh { user } else { "****" });
            rest = after.get(user.len()..).unwrap_or_default();
        }
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sees_a_password_in_an_address() {
        for (text, expected) in [
            ("to https://ada:s3cret@git.example/k.git.", "to https://****@git.example/k.git."),
            ("'https://token@git.example/'", "'https://****@git.example/'"),
            (
                "http://a:b@c:d@git.example and ftp://e@f",
                "http://****@git.example and ftp://****@f",
            ),
            ("ssh://git@git.example:22/k", "ssh://git@git.example:22/k"),
            ("ssh://git:pass@git.example/k", "ssh://****@git.example/k"),
            ("https://git.example/a@b and ://", "https://git.example/a@b and ://"),
            ("git@git.example:k.git", "git@git.example:k.git"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }

    #[test]
    fn who_was_faster_is_told_from_who_refuses() {
        let answer = |summary: &str, stderr: &str| {
            answer(&format!("To x\n!\tabc:refs/lore/sessions\t{summary}\nDone\n"), stderr)
        };
        for summary in [
            "[rejected] (stale info)",
            "[rejected] (fetch first)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (cannot lock ref 'refs/lore/sessions': is at 1 but expected 2)",
            "[remote rejected] (incorrect old value provided)",
        ] {
            assert_eq!(answer(summary, ""), Some(Pushed::Faster), "{summary}");
        }
        let refused = |text: &str| Some(Pushed::Refused(text.to_owned()));
        let declined = "[remote rejected] (pre-receive hook declined)";
        let said =
            "remote: no \u{1b}[31mway\u{1b}[0m\u{7}, ask https://a:b@git.example  \nremote:   \n";
        let expected = "pre-receive hook declined: no way␇, ask https://****@git.example";
        assert_eq!(answer(declined, said), refused(expected));
        let lasting = "remote: error: cannot lock ref: Permission denied\n";
        let expected = "failed to update ref: error: cannot lock ref: Permission denied";
        assert_eq!(answer("[remote rejected] (failed to update ref)", lasting), refused(expected));
        assert!(matches!(answer("[remote rejected]", ""), Some(Pushed::Refused(_))));
    }

    #[test]
    fn a_server_may_refuse_before_it_is_told_what() {
        let said = "remote: You are not allowed to push code to this project.\n\
                    fatal: unable to access 'https://x:y@git.example/k/': The requested URL returned \
                    error: 403\n";
        let Some(Pushed::Refused(text)) = answer("", said) else { panic!("it was refused") };
        assert!(text.starts_with("You are not allowed") && !text.contains("x:y"), "{text}");
        assert_eq!(answer("", "fatal: unable to connect to git.example\n"), None);
    }

    #[test]
    fn a_complaint_says_the_reason_only() {
        let said = "warning: redirecting\nssh: connect to host x port 22: Connection refused\r\n\
                    fatal: Could not read from remote repository.\n\n\
                    Please make sure you have the correct access rights\nand the repository exists.\n";
        assert_eq!(complaint(said), "ssh: connect to host x port 22: Connection refused");
        assert_eq!(complaint(""), "it does not say why");
        assert!(complaint(&"ä".repeat(5000)).len() < 700);
    }
}

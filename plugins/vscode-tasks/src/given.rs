//! What is sent to the model under the user's role: prompts, tool results, and what the tool adds.
//!
//! ```text
//! [read_file for 'a.rs'] Result:
//! …
//! <feedback>
//! a person's words
//! </feedback>
//! <environment_details>
//! # Current Working Directory (/home/ada/kite) Files
//! …
//! </environment_details>
//! ```

use serde_json::Value;

use crate::tools::elements;
use crate::xml;

/// Elements that hold a person's words.
const SPOKEN: [&str; 5] = ["task", "feedback", "user_message", "answer", "user_feedback"];

/// How many lines a heading may have.
const MOST_LINES: usize = 400;

/// Beginnings of what Cline puts behind results.
const ADDED: [&str; 4] =
    ["# task_progress ", "# Todo List (Optional", "# TODO LIST ", "[TASK RESUMPTION] "];

/// What the environment tells, of what it was in the beginning; the model is the latest.
#[derive(Default, Debug, Clone, PartialEq)]
pub(crate) struct Environment {
    pub(crate) directory: Option<String>,
    /// Where the task goes on, if that is elsewhere.
    pub(crate) moved_to: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) branch: Option<String>,
}

/// A result that names no call: it belongs to the next one that is open.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Delivered {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

/// The parts of one text.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Given {
    /// A person's words.
    pub(crate) spoken: Vec<String>,
    pub(crate) results: Vec<Delivered>,
    /// What is neither: notices, reminders, files that were mentioned.
    pub(crate) added: String,
}

impl Given {
    /// Takes a text apart. What it tells of the environment goes into `environment`.
    pub(crate) fn read(
        text: &str,
        environment: &mut Environment,
        is_spoken: impl Fn(&str) -> bool,
    ) -> Self {
        let (text, spoken) = cut(text, environment, is_spoken);
        let mut given = Self { spoken, ..Self::default() };
        let mut result: Option<Delivered> = None;
        let mut added: Vec<&str> = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            if let Some(after) = after_wrapped_heading(rest) {
                given.results.extend(result.replace(Delivered::default()));
                rest = after;
                continue;
            }
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let line = line.strip_suffix('\r').unwrap_or(line);
            rest = after;
            if let Some(next) = heading(line, result.is_none() && is_blank(&added)) {
                given.results.extend(result.replace(next));
            } else if ADDED.iter().any(|start| line.starts_with(start)) {
                given.results.extend(result.take());
                added.push(line);
            } else if let Some(result) = &mut result {
                result.text.push_str(line);
                result.text.push('\n');
            } else {
                added.push(line);
            }
        }
        given.results.extend(result);
        for result in &mut given.results {
            result.text = result.text.trim().to_owned();
        }
        given.added = added.join("\n").trim().to_owned();
        given
    }
}

/// Cuts the environment and a person's words out of a text; returns the rest, and the words. Files
/// that the model reads may have elements of the same names, so `is_spoken` decides whether what
/// looks like a person's words is that.
pub(crate) fn cut(
    text: &str,
    environment: &mut Environment,
    is_spoken: impl Fn(&str) -> bool,
) -> (String, Vec<String>) {
    let mut text = without_environment(text, environment);
    let mut spoken = Vec::new();
    for name in SPOKEN {
        take_spoken(name, &mut text, &is_spoken, &mut spoken);
    }
    (text, spoken)
}

/// Cuts out what stands in the elements of one name; the tags stand on lines of their own.
fn take_spoken(
    name: &str,
    text: &mut String,
    is_spoken: &impl Fn(&str) -> bool,
    spoken: &mut Vec<String>,
) {
    let (open, close) = (format!("<{name}>\n"), format!("\n</{name}>"));
    let mut at = 0;
    while let Some(start) = text[at..].find(&open).map(|found| at + found) {
        // Of nothing at all, the line feed after the one tag is that before the other.
        let inside = start + open.len();
        let Some(end) = text[inside - 1..].find(&close).map(|found| inside - 1 + found) else {
            return;
        };
        let said = text[inside.min(end)..end].trim();
        if !said.is_empty() && is_spoken(said) {
            spoken.push(said.to_owned());
            text.replace_range(start..end + close.len(), "");
            at = start;
        } else {
            at = inside;
        }
    }
}

fn is_blank(lines: &[&str]) -> bool {
    lines.iter().all(|line| line.trim().is_empty())
}

/// Begins a result at `[read_file for 'a.rs'] Result:`, or, as the first line, at `[Tool]`.
fn heading(line: &str, is_first: bool) -> Option<Delivered> {
    let line = line.trim_end();
    if is_first && matches!(line, "[Tool]" | "[Tool (Error)]") {
        return Some(Delivered { text: String::new(), is_error: line != "[Tool]" });
    }
    let (name, rest) = line.strip_prefix('[')?.split_once("] Result:")?;
    let word = name.split([' ', ']']).next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if word.is_empty() || !word.chars().all(is_name) {
        return None;
    }
    Some(Delivered { text: format!("{}\n", rest.trim_start()), is_error: false })
}

/// What follows a heading that the text begins with and that has several lines, as the command in it
/// has: `[execute_command for 'cat <<E`, `x`, `E'] Result:`.
fn after_wrapped_heading(text: &str) -> Option<&str> {
    const END: &str = "'] Result:";
    let (name, rest) = text.strip_prefix('[')?.split_once(' ')?;
    let rest = if xml::is_tool(name) { rest.strip_prefix("for '")? } else { return None };
    let (inside, after) = rest.split_once(END)?;
    let lines = inside.bytes().filter(|byte| *byte == b'\n').count();
    (1..=MOST_LINES).contains(&lines).then_some(after)
}

/// The text of a result without the heading that names its call.
pub(crate) fn without_heading(text: &str) -> &str {
    if let Some(after) = after_wrapped_heading(text) {
        return after.trim();
    }
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match heading(first, false) {
        Some(_) if first.trim_end().ends_with("] Result:") => rest.trim(),
        _ => text.trim(),
    }
}

/// Whether a result says that its call was not done.
pub(crate) fn is_failure(text: &str) -> bool {
    const FAILURES: [&str; 8] = [
        "The tool execution failed",
        "The user denied this operation",
        "[ERROR]",
        "Error:",
        "Missing value for required parameter",
        "Invalid JSON argument",
        "Unable to apply diff",
        "This tool cannot be used in PLAN MODE",
    ];
    if FAILURES.iter().any(|failure| text.starts_with(failure)) {
        return true;
    }
    #[derive(serde::Deserialize)]
    struct Status {
        status: String,
    }
    text.starts_with('{')
        && serde_json::from_str::<Status>(text)
            .is_ok_and(|result| matches!(result.status.as_str(), "error" | "denied"))
}

/// The exit status that the lines above a command's output tell.
pub(crate) fn exit_status(text: &str) -> Option<i32> {
    let head = text.lines().take(4).take_while(|line| !line.starts_with("Output:"));
    head.filter_map(|line| {
        let line = line.to_ascii_lowercase();
        let (_, code) = line.split_once("exit code")?;
        let code = code.trim_start_matches([':', ' ']);
        let end = code.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(code.len());
        code[..end].parse().ok()
    })
    .next()
}

/// Cuts out the descriptions of the environment and takes in what they tell.
fn without_environment(text: &str, environment: &mut Environment) -> String {
    const OPEN: &str = "<environment_details>";
    const CLOSE: &str = "</environment_details>";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(OPEN) {
        kept.push_str(before);
        // One that does not end was cut off with the text.
        let (inside, after) = inside.split_once(CLOSE).unwrap_or((inside, ""));
        environment.learn(inside);
        rest = after;
    }
    kept.push_str(rest);
    kept
}

impl Environment {
    fn learn(&mut self, text: &str) {
        const DIRECTORIES: [&str; 2] =
            ["# Current Working Directory (", "# Current Workspace Directory ("];
        for line in text.lines() {
            if let Some(rest) = DIRECTORIES.iter().find_map(|start| line.strip_prefix(start))
                && let Some((directory, _)) = rest.rsplit_once(')')
            {
                let first = self.directory.get_or_insert_with(|| directory.to_owned());
                self.moved_to = (first != directory).then(|| directory.to_owned());
            }
        }
        if let Some(model) = elements(text, "model").last() {
            self.model = Some(model.trim().to_owned()).filter(|model| !model.is_empty());
        }
        if let Some((_, status)) = text.split_once("# Git Status\n## ") {
            let branch = status.lines().next().unwrap_or_default();
            let branch = branch.split_once("...").map_or(branch, |(branch, _)| branch).trim();
            if !branch.is_empty() && !branch.contains(' ') {
                self.branch.get_or_insert_with(|| branch.to_owned());
            }
        }
        self.learn_workspace(text);
    }

    /// Takes in the JSON of `# Workspace Configuration`: remotes and the last commit.
    fn learn_workspace(&mut self, text: &str) {
        let Some((_, configuration)) = text.split_once("# Workspace Configuration\n") else {
            return;
        };
        let first = serde_json::Deserializer::from_str(configuration).into_iter::<Value>().next();
        let Some(Ok(configuration)) = first else { return };
        let Some(workspaces) = configuration["workspaces"].as_object() else { return };
        let Some(workspace) = self
            .directory
            .as_ref()
            .and_then(|directory| workspaces.get(directory))
            .or_else(|| workspaces.values().next())
        else {
            return;
        };
        let remotes = workspace["associatedRemoteUrls"].as_array().into_iter().flatten();
        let mut remotes: Vec<(&str, &str)> =
            remotes.filter_map(|remote| remote.as_str()?.split_once(": ")).collect();
        remotes.sort_by_key(|(name, _)| *name != "origin");
        if let Some((_, url)) = remotes.first() {
            self.repository.get_or_insert_with(|| (*url).to_owned());
        }
        if let Some(commit) = workspace["latestGitCommitHash"].as_str() {
            self.commit.get_or_insert_with(|| commit.to_owned());
        }
        if let Some(branch) = workspace["latestGitBranchName"].as_str() {
            self.branch.get_or_insert_with(|| branch.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delivered(text: &str) -> Delivered {
        Delivered { text: text.to_owned(), is_error: false }
    }

    #[test]
    fn a_text_is_taken_apart() {
        let mut environment = Environment::default();
        let text = "[attempt_completion] Result: Done\n\nThe user has feedback.\n\n<feedback>\nmore\n\
            </feedback>\n\n[read_file for 'a] b'] Result:\n\nfn a() {}\n[ERROR] no heading\n\n\
            <environment_details>\n# Current Working Directory (/a (b)) Files\nx\n\n\
            # Workspace Configuration\n{\"workspaces\": {\"/a (b)\": {\"associatedRemoteUrls\": \
            [\"fork: u\", \"origin: v\"], \"latestGitCommitHash\": \"c1\"}}}\n\n\
            # Git Status\n## main...origin/main\n\n# Current Mode\n<slug>code</slug>\n\
            <model>m/1</model>\n</environment_details>";
        assert_eq!(
            Given::read(text, &mut environment, |_| true),
            Given {
                spoken: vec!["more".into()],
                results: vec![
                    delivered("Done\n\nThe user has feedback."),
                    delivered("fn a() {}\n[ERROR] no heading"),
                ],
                added: String::new(),
            }
        );
        let some = |text: &str| Some(text.to_owned());
        let expected = Environment {
            directory: some("/a (b)"),
            moved_to: None,
            model: some("m/1"),
            repository: some("v"),
            commit: some("c1"),
            branch: some("main"),
        };
        assert_eq!(environment, expected);
    }

    #[test]
    fn what_is_said_and_what_is_added_stand_apart() {
        let text = "<task>\nfly\n</task>\n\n# task_progress RECOMMENDED\n[Tool]\n";
        let given = Given::read(text, &mut Environment::default(), |_| true);
        assert_eq!(given.spoken, ["fly"]);
        assert_eq!(
            (given.results, given.added.as_str()),
            (vec![], "# task_progress RECOMMENDED\n[Tool]")
        );
        let unknown = Given::read(text, &mut Environment::default(), |said| said == "walk");
        assert_eq!((unknown.spoken.len(), unknown.added.starts_with("<task>")), (0, true));
        let wrapped =
            "[execute_command for 'cat <<E\nx\nE'] Result:\n\nran\n[execute_command for 'y\n";
        let given = Given::read(wrapped, &mut Environment::default(), |_| true);
        assert_eq!(given.results, [delivered("ran\n[execute_command for 'y")]);
        assert_eq!(without_heading("[execute_command for 'a\nb'] Result:\nran"), "ran");
        let text = "[read_file for 'a'] Result:\nx\n\n# TODO LIST UPDATE\nDo it.";
        let given_late = Given::read(text, &mut Environment::default(), |_| true);
        assert_eq!(given_late.results, [delivered("x")]);
        assert_eq!(given_late.added, "# TODO LIST UPDATE\nDo it.");
        let mut environment = Environment::default();
        for directory in ["/a", "/b"] {
            let text = format!(
                "<environment_details>\n# Current Workspace Directory ({directory}) Files\n"
            );
            Given::read(&text, &mut environment, |_| true);
        }
        let moved = (environment.directory.as_deref(), environment.moved_to.as_deref());
        assert_eq!(moved, (Some("/a"), Some("/b")));
        let given =
            Given::read("[Tool (Error)]\nno such file", &mut Environment::default(), |_| true);
        assert_eq!(given.results, [Delivered { text: "no such file".into(), is_error: true }]);
    }

    #[test]
    fn results_tell_how_they_ended() {
        assert_eq!(exit_status("Command executed in terminal. Exit code: 0\nOutput:\n"), Some(0));
        assert_eq!(exit_status("Command failed with exit code 127.\nOutput:\n"), Some(127));
        assert_eq!(exit_status("Command executed.\nOutput:\nExit code: 3"), None);
        assert!(is_failure("{\"status\":\"denied\",\"message\":\"no\"}"));
        assert!(!is_failure("{\"status\":\"approved\"}"));
        assert_eq!(without_heading("[read_file for 'a'] Result:\nx\n"), "x");
        assert_eq!(without_heading("x"), "x");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("<task>\n"), Just("\n</task>"), Just("<environment_details>"), Just("\n"),
                    Just("</environment_details>"), Just("[é] Result:"), Just("[a] Result:"), Just("x"),
                    Just("# Current Working Directory ("), Just(")"), Just("# Git Status\n## "),
                    Just("# Workspace Configuration\n"), Just("{\"workspaces\":{}}"), Just("[Tool]"),
                ],
                0..30,
            ),
        ) {
            Given::read(&pieces.concat(), &mut Environment::default(), |_| true);
        }
    }
}

//! The sample sessions, invented, and the small repository that they are about.

use std::fs;
use std::path::Path;

use super::Stage;
use crate::error::CliError;

/// First digits of the id of Claude Code's sample session.
pub(super) const CLAUDE_CODE_SHORT: &str = "5b1f0c52";

/// Sample files of the tools: where they go below the person's home directory, and what they say.
/// `{{directory}}` stands for the project's directory, `{{slug}}` for its name at Claude Code.
const SESSIONS: [(&str, &str); 3] = [
    (
        ".claude/projects/{{slug}}/5b1f0c52-7d0e-4c3a-9a55-2f6f0e1d8a01.jsonl",
        include_str!("samples/claude-code.jsonl"),
    ),
    (
        ".claude/projects/{{slug}}/5b1f0c52-7d0e-4c3a-9a55-2f6f0e1d8a01/subagents/agent-d3a0c7e1.jsonl",
        include_str!("samples/claude-code-agent.jsonl"),
    ),
    (
        ".codex/sessions/2026/01/06/rollout-2026-01-06T14-30-00-019b9170-4c00-7d21-b0de-0de0de0de001.jsonl",
        include_str!("samples/codex.jsonl"),
    ),
];

/// What the project looked like after each commit.
struct Commit {
    subject: &'static str,
    date: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const COMMITS: [Commit; 3] = [
    Commit {
        subject: "Fetch with retries",
        date: "2026-01-02T10:00:00Z",
        files: &[("retry.py", include_str!("samples/retry-1.py"))],
    },
    Commit {
        subject: "Give up after five attempts, with backoff",
        date: "2026-01-05T09:05:00Z",
        files: &[
            ("retry.py", include_str!("samples/retry-2.py")),
            ("test_retry.py", include_str!("samples/test_retry.py")),
        ],
    },
    Commit {
        subject: "Time out after ten seconds",
        date: "2026-01-06T14:32:00Z",
        files: &[("retry.py", include_str!("samples/retry-3.py"))],
    },
];

/// Writes sessions and project to the stage; returns whether the project has its history.
pub(super) fn write(stage: &Stage) -> Result<bool, CliError> {
    let project = stage.project();
    let directory = project.display().to_string();
    let slug = directory.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    // Inside a JSON string.
    let quoted = serde_json::Value::from(directory.as_str()).to_string();
    let quoted = quoted.trim_matches('"');
    for (path, content) in SESSIONS {
        let path = stage.home().join(path.replace("{{slug}}", &slug));
        write_file(&path, &content.replace("{{directory}}", quoted))?;
    }
    let mut git = Git { stage, usable: true };
    fs::create_dir_all(&project)
        .map_err(|error| CliError::file("cannot write", &project, &error))?;
    git.run(&["init", "--quiet", "--initial-branch=main"], "");
    for commit in COMMITS {
        for (name, content) in commit.files {
            write_file(&project.join(name), content)?;
        }
        git.run(&["add", "--all"], commit.date);
        git.run(&["commit", "--quiet", "--message", commit.subject], commit.date);
    }
    Ok(git.usable)
}

/// The person's git program, without the person's settings. Where it is missing or fails, the
/// project is a plain directory: the demo goes on without its history.
struct Git<'a> {
    stage: &'a Stage,
    usable: bool,
}

impl Git<'_> {
    fn run(&mut self, arguments: &[&str], date: &str) {
        if !self.usable {
            return;
        }
        let mut command = self.stage.command(Path::new("git"));
        command
            .args(["-c", "user.name=Demo", "-c", "user.email=demo@example.org"])
            .args(["-c", "commit.gpgSign=false"])
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_DATE", date);
        self.usable = command.output().is_ok_and(|output| output.status.success());
    }
}

fn write_file(path: &Path, content: &str) -> Result<(), CliError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| CliError::file("cannot write", path, &error))
}

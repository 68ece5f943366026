//! What the place of a file tells about its session: the project's directory, and the session that a
//! sub-agent belongs to.
//!
//! `tmp/<project>/chats/<file>` and `tmp/<project>/chats/<parent's id>/<file>`. The directory of a
//! project stands in `tmp/<project>/.project_root`, and the other way round in `projects.json`. Where
//! the project is named by a hash alone, nobody knows its directory.

use std::collections::BTreeMap;

use lore_plugin_sdk::Source;
use serde::Deserialize;

/// Bytes of the small files beside the sessions, at most.
const LIMIT: u64 = 1 << 20;

/// What the place of a file tells.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) directory: Option<String>,
    /// The id of the session that the sub-agent works for.
    pub(crate) parent: Option<String>,
}

impl Place {
    pub(crate) fn of(source: &Source) -> Self {
        let path = source.path();
        let parts: Vec<&str> = path.split('/').collect();
        let Some(chats) = parts.iter().rposition(|part| *part == "chats") else {
            return Self::default();
        };
        let parent = (parts.len() == chats + 3).then(|| parts[chats + 1].to_owned());
        Self { directory: directory(source, &parts[..chats]), parent }
    }
}

/// Whether the name is one that Gemini CLI gives to sessions.
pub(crate) fn is_session(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("session-"))
}

/// The directory of the project whose files lie in `folder`.
fn directory(source: &Source, folder: &[&str]) -> Option<String> {
    let (project, above) = folder.split_last()?;
    let root = read(source, &format!("{}/.project_root", folder.join("/")));
    let root = root.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if root.is_some() || is_hash(project) {
        return root;
    }
    #[derive(Deserialize)]
    struct Projects {
        projects: BTreeMap<String, String>,
    }
    let base = above.strip_suffix(&["tmp"])?;
    let file = base.iter().chain(&["projects.json"]).copied().collect::<Vec<_>>().join("/");
    let known: Projects = serde_json::from_str(&read(source, &file)?).ok()?;
    let mut named = known.projects.into_iter().filter(|(_, name)| name == project);
    named.next().map(|(directory, _)| directory)
}

fn read(source: &Source, path: &str) -> Option<String> {
    let bytes = source.open(path).ok()?.read_whole(LIMIT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a project is named by the hash of its directory, as it was in older versions.
fn is_hash(project: &str) -> bool {
    project.len() == 64 && project.bytes().all(|byte| byte.is_ascii_hexdigit())
}

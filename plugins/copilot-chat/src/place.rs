//! Where a file lies: in which store of the editor, and beside which folder of the person.

use lore_plugin_sdk::Source;
use lore_plugin_sdk::uri::{decoded, without_slash_before_drive};
use serde_json::Value;

/// The largest `workspace.json` that is read, in bytes.
const MOST_BYTES: u64 = 64 << 10;

/// Whether the editor keeps its chats there.
pub(crate) fn is_chat(path: &str) -> bool {
    matches!(parent(path), "chatSessions" | "emptyWindowChatSessions")
}

/// Whether the editor keeps the chats of a workspace there.
pub(crate) fn in_workspace(path: &str) -> bool {
    parent(path) == "chatSessions"
}

/// Whether the extension keeps its transcripts there.
pub(crate) fn is_transcript(path: &str) -> bool {
    parent(path) == "transcripts"
        && path.split('/').any(|name| name.eq_ignore_ascii_case("github.copilot-chat"))
}

fn parent(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or_default()
}

/// A path in the store of the workspace of a chat or transcript, which lies so many levels below it.
pub(crate) fn in_store(path: &str, levels: usize, name: &str) -> String {
    let store = (0..levels).try_fold(path, |path, _| Some(path.rsplit_once('/')?.0));
    // At the base itself the store has no name.
    store.map_or_else(|| name.to_owned(), |store| format!("{store}/{name}"))
}

/// The folder that was open where the chat or transcript was written.
pub(crate) fn folder(source: &Source, levels: usize) -> Option<String> {
    let workspace = in_store(&source.path(), levels, "workspace.json");
    let bytes = source.open(&workspace).ok()?.read_whole(MOST_BYTES).ok()?;
    let workspace: Value = serde_json::from_slice(&bytes).ok()?;
    from_uri(workspace["folder"].as_str()?)
}

/// The path of `file:///home/sam/shop`, or of the same on another machine.
pub(crate) fn from_uri(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let path = decoded(&rest[rest.find('/')?..]);
    Some(without_slash_before_drive(&path).to_owned())
}

/// The path of a URI that is written as an object, or as a text.
pub(crate) fn of_uri(uri: &Value) -> Option<String> {
    if let Some(text) = uri.as_str() {
        return from_uri(text).or_else(|| Some(text.to_owned()));
    }
    if let Some(path) = uri["fsPath"].as_str() {
        return Some(path.to_owned());
    }
    match uri["path"].as_str() {
        Some(path) => Some(without_slash_before_drive(path).to_owned()),
        None => from_uri(uri["external"].as_str()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_read_from_uris() {
        for (uri, path) in [
            (json!("file:///home/sam/my%20shop"), Some("/home/sam/my shop")),
            (json!("file:///c%3A/Users/Sam"), Some("c:/Users/Sam")),
            (json!("vscode-remote://ssh-remote%2Bbox/srv/shop"), Some("/srv/shop")),
            (json!("file:///100%/%zz%c3%a9"), Some("/100%/%zzé")),
            (json!({"$mid": 1, "fsPath": "c:\\shop", "path": "/c:/shop"}), Some("c:\\shop")),
            (json!({"path": "/c:/shop"}), Some("c:/shop")),
            (json!({"external": "file:///srv"}), Some("/srv")),
            (json!({}), None),
        ] {
            assert_eq!(of_uri(&uri).as_deref(), path, "{uri}");
        }
    }
}

//! Places of files and folders, as the editor writes them.

use lore_plugin_sdk::uri::{decoded, without_slash_before_drive};
use serde_json::Value;

/// The path of a URI: a string, or an object with its parts.
pub(crate) fn path(value: &Value) -> Option<String> {
    let named = ["fsPath", "path", "external"].iter().find_map(|name| value[*name].as_str());
    let text = value.as_str().or(named).filter(|text| !text.is_empty())?;
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some(without_slash_before_drive(text).to_owned());
    };
    // What stands before the path names a machine: `vscode-remote://ssh-remote+host/home/ada`.
    let path = rest.find('/').map(|start| &rest[start..])?;
    let is_path = matches!(scheme, "file" | "vscode-remote" | "vscode-userdata" | "vscode-vfs");
    is_path.then(|| without_slash_before_drive(&decoded(path)).to_owned())
}

/// The directory of a workspace: its folder, or that of the file which lists its folders.
pub(crate) fn workspace(value: &Value) -> Option<String> {
    path(&value["uri"]).or_else(|| path(&value["folder"])).or_else(|| {
        let file = path(&value["configPath"]).or_else(|| path(&value["workspace"]))?;
        file.rsplit_once(['/', '\\']).map(|(directory, _)| directory.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_names_its_path() {
        let path = |value| path(&value).unwrap_or_default();
        assert_eq!(path(json!("file:///home/ada/a%20kite")), "/home/ada/a kite");
        assert_eq!(path(json!("file:///c%3A/Users/ada")), "c:/Users/ada");
        assert_eq!(path(json!("/c:/Users/ada")), "c:/Users/ada");
        assert_eq!(path(json!("vscode-remote://ssh-remote%2Bbox/srv/kite")), "/srv/kite");
        assert_eq!(path(json!("untitled:Untitled-1")), "untitled:Untitled-1");
        assert_eq!(path(json!({"fsPath": "c:\\kite", "path": "/c:/kite"})), "c:\\kite");
        assert_eq!(path(json!("100%")), "100%");
        assert_eq!(path(json!({})), "");
        let file = json!({"configPath": {"fsPath": "/home/ada/all.code-workspace"}});
        assert_eq!(workspace(&file).as_deref(), Some("/home/ada"));
    }
}

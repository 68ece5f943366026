//! Paths out of `file://` URIs.

/// The path that a file's URI names: `/home/a b` of `file:///home/a%20b`, `c:/work` of
/// `file:///c%3A/work`. Nothing if it is the URI of something else.
pub(crate) fn path(uri: &str) -> Option<String> {
    let path = decoded(uri.strip_prefix("file://")?);
    let drive = path.strip_prefix('/').filter(|path| path.as_bytes().get(1) == Some(&b':'));
    let path = drive.map_or(path.as_str(), |path| path);
    (!path.is_empty()).then(|| path.to_owned())
}

/// The text with its `%20` and the like resolved; what is no such escape stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.get(..2).and_then(hexadecimal)).flatten();
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn only_files_have_paths() {
        assert_eq!(path("file:///home/a%20b/%C3%A9").as_deref(), Some("/home/a b/é"));
        assert_eq!(path("file:///c%3A/work").as_deref(), Some("c:/work"));
        assert_eq!(path("file:///odd%zz/100%").as_deref(), Some("/odd%zz/100%"));
        assert_eq!(path("vscode-remote://host/work"), None);
        assert_eq!(path("/home/a"), None);
        assert_eq!(path("file://"), None);
    }
}

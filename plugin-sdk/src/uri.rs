//! Paths out of the URIs with which editors name files.

/// The path that a file's URI names: `/home/a b` of `file:///home/a%20b`, `c:/work` of
/// `file:///c%3A/work`. Nothing if it is the URI of something else.
pub fn path(uri: &str) -> Option<String> {
    let path = decoded(uri.strip_prefix("file://")?);
    let path = without_slash_before_drive(&path);
    (!path.is_empty()).then(|| path.to_owned())
}

/// The text with its `%20` and the like resolved; what is no such escape stays.
pub fn decoded(text: &str) -> String {
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

/// `c:/work` of `/c:/work`, and any other path as it is.
pub fn without_slash_before_drive(path: &str) -> &str {
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => &path[1..],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_have_paths() {
        assert_eq!(path("file:///home/a%20b/%C3%A9").as_deref(), Some("/home/a b/é"));
        assert_eq!(path("file:///c%3A/work").as_deref(), Some("c:/work"));
        assert_eq!(path("file:///odd%zz/100%").as_deref(), Some("/odd%zz/100%"));
        assert_eq!(path("vscode-remote://host/work"), None);
        assert_eq!(path("/home/a"), None);
        assert_eq!(path("file://"), None);
    }

    #[test]
    fn an_escape_is_two_digits() {
        assert_eq!(decoded("%+1%4%é%41"), "%+1%4%éA");
    }

    #[test]
    fn a_drive_is_a_letter() {
        assert_eq!(without_slash_before_drive("/c:/work"), "c:/work");
        assert_eq!(without_slash_before_drive("/1:/work"), "/1:/work");
        assert_eq!(without_slash_before_drive("/work"), "/work");
    }
}

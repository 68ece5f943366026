//! Blocks of the form that `search_and_replace_in_file` takes:
//!
//! ```text
//! ------- SEARCH
//! what is there
//! =======
//! what is to be there
//! +++++++ REPLACE
//! ```

use lore_plugin_sdk::Edit;

/// The edits of a file, one for each block; a block that is not complete yields none.
pub(crate) fn edits(path: &str, diff: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut block: Option<(String, Option<String>)> = None;
    for line in diff.lines() {
        let mark = line.trim_end();
        if mark.starts_with("---") && mark.ends_with(" SEARCH") {
            block = Some((String::new(), None));
            continue;
        }
        let Some((before, after)) = &mut block else { continue };
        if mark == "=======" && after.is_none() {
            *after = Some(String::new());
        } else if mark.starts_with("+++") && mark.ends_with(" REPLACE") {
            if let Some((before, Some(after))) = block.take() {
                edits.push(match before.is_empty() {
                    true => Edit::create(path, after),
                    false => Edit::replace(path, before, after),
                });
            }
        } else {
            let text = after.as_mut().unwrap_or(before);
            text.push_str(line);
            text.push('\n');
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_blocks_become_edits() {
        let diff = "------- SEARCH\none\n=======\ntwo\n+++++++ REPLACE\n\n\
            ------- SEARCH\n=======\n\n+++++++ REPLACE\n------- SEARCH\nthree\n=======\nfo";
        assert_eq!(
            edits("a", diff),
            [Edit::replace("a", "one\n", "two\n"), Edit::create("a", "\n")]
        );
        assert_eq!(edits("a", "+++++++ REPLACE\n=======\n"), []);
    }
}

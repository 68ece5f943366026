//! What a person said, and what Cursor put around it.

/// How texts begin that Cursor puts in under the user's role.
const INJECTED: [&str; 16] = [
    "<additional_data>",
    "<agent_skills>",
    "<agent_transcripts>",
    "<attached_files>",
    "<communication>",
    "<environment_details>",
    "<git_status>",
    "<open_and_recently_viewed_files>",
    "<project_layout>",
    "<rules>",
    "<system-reminder>",
    "<system_notification>",
    "<system_reminder>",
    "<timestamp>",
    "<user_info>",
    "<user_rules>",
];

const BEGIN: &str = "<user_query>";
const END: &str = "</user_query>";

/// A text under the user's role.
#[derive(Debug, PartialEq)]
pub(crate) struct Utterance {
    /// What the person wrote.
    pub(crate) said: Option<String>,
    /// What the tool added.
    pub(crate) context: Option<String>,
}

/// Parts what was written from what was put around it.
pub(crate) fn read(text: &str) -> Utterance {
    let mut said = String::new();
    let mut context = String::new();
    let mut rest = text;
    let mut is_marked = false;
    while let Some((before, after)) = rest.split_once(BEGIN)
        && let Some((query, after)) = after.split_once(END)
    {
        is_marked = true;
        append(&mut context, before);
        append(&mut said, query);
        rest = after;
    }
    let is_context = is_marked || INJECTED.iter().any(|start| rest.trim_start().starts_with(start));
    append(if is_context { &mut context } else { &mut said }, rest);
    let some = |text: String| (!text.is_empty()).then_some(text);
    Utterance { said: some(said), context: some(context) }
}

/// What the model said, without the mark that stands for thoughts that are not told.
pub(crate) fn unredacted(text: &str) -> &str {
    let text = text.trim_end();
    text.strip_suffix("[REDACTED]").unwrap_or(text).trim_end()
}

fn append(text: &mut String, more: &str) {
    let more = more.trim();
    if !more.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_adds_is_told_apart() {
        let read = |text| {
            let Utterance { said, context } = read(text);
            (said.unwrap_or_default(), context.unwrap_or_default())
        };
        let pair = |said: &str, context: &str| (said.to_owned(), context.to_owned());
        assert_eq!(read("plain words"), pair("plain words", ""));
        assert_eq!(read("<user_query>\nsort it\n</user_query>"), pair("sort it", ""));
        assert_eq!(
            read("<timestamp>now</timestamp>\n<user_query>sort it</user_query>\n<rules>r</rules>"),
            pair("sort it", "<timestamp>now</timestamp>\n<rules>r</rules>")
        );
        assert_eq!(
            read(" <user_info>\nOS\n</user_info>"),
            pair("", "<user_info>\nOS\n</user_info>")
        );
        assert_eq!(read("<user_query>not closed"), pair("<user_query>not closed", ""));
        assert_eq!(unredacted("Done.\n\n[REDACTED]"), "Done.");
        assert_eq!(unredacted("[REDACTED]"), "");
    }
}

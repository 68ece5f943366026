//! Results of tool calls.

use lore_plugin_sdk::ToolResult;
use serde::Deserialize;

use crate::record::{self, Content, Raw};

/// A result as far as it is understood.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) text: String,
    /// Parts without text, as JSON: images.
    pub(crate) others: Vec<String>,
    exit_status: Option<i32>,
    success: Option<bool>,
}

/// The object forms, one inside a string.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wrapped<'a> {
    #[serde(borrow)]
    output: Raw<'a>,
    #[serde(borrow)]
    metadata: Raw<'a>,
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    content_items: Raw<'a>,
    #[serde(borrow)]
    success: Raw<'a>,
    #[serde(borrow)]
    stdout: Raw<'a>,
    #[serde(borrow)]
    stderr: Raw<'a>,
    #[serde(borrow)]
    exit_code: Raw<'a>,
    #[serde(borrow, rename = "exitCode")]
    exit_code_of_others: Raw<'a>,
}

/// Beginnings of results by which Codex says that it did not run the call.
const REFUSALS: [&str; 6] = [
    "apply_patch verification failed",
    "patch rejected",
    "failed to parse function arguments",
    "unsupported call:",
    "unsupported custom tool call:",
    "exec command rejected by user",
];

impl Outcome {
    /// Reads the `output` of a result: a string that may hold JSON of its own, parts, or an object.
    pub(crate) fn read(output: Raw<'_>) -> Self {
        if let Some(text) = record::text(output) {
            if text.starts_with('{')
                && let Ok(wrapped) = serde_json::from_str::<Wrapped<'_>>(&text)
                && wrapped.output.is_some()
                && wrapped.metadata.is_some()
            {
                return Self::unwrap(&wrapped);
            }
            return Self::of_text(text.into_owned());
        }
        match record::fields::<Wrapped<'_>>(output) {
            Some(wrapped) if !wrapped.is_empty() => Self::unwrap(&wrapped),
            Some(_) => Self::of_text(output.map_or_else(String::new, |o| record::elided(o.get()))),
            None => {
                let content = Content::read(output);
                let others = content.others;
                Self { others, ..Self::of_text(content.texts.join("\n")) }
            }
        }
    }

    /// A result of which the text and the exit status are told apart.
    pub(crate) fn told(text: String, exit_code: Raw<'_>, success: Raw<'_>) -> Self {
        let exit_status = record::integer(exit_code).and_then(|code| i32::try_from(code).ok());
        Self { text, exit_status, success: record::flag(success), others: Vec::new() }
    }

    /// Notes a failure that is told apart.
    pub(crate) fn fail_if(&mut self, failed: bool) {
        if failed {
            self.success = Some(false);
        }
    }

    fn of_text(text: String) -> Self {
        Self { exit_status: exit_status(&text), text, ..Self::default() }
    }

    fn unwrap(wrapped: &Wrapped<'_>) -> Self {
        #[derive(Deserialize, Default)]
        struct Metadata<'a> {
            #[serde(borrow, default)]
            exit_code: Raw<'a>,
        }
        let metadata = record::fields::<Metadata<'_>>(wrapped.metadata).unwrap_or_default();
        let code = metadata.exit_code.or(wrapped.exit_code).or(wrapped.exit_code_of_others);
        let mut content = Content::default();
        for part in [
            wrapped.output,
            wrapped.content,
            wrapped.content_items.filter(|_| wrapped.content.is_none()),
            wrapped.stdout,
            wrapped.stderr,
        ] {
            content.add(part);
        }
        let told = Self::told(content.texts.join("\n"), code, wrapped.success);
        let exit_status = told.exit_status.or_else(|| exit_status(&told.text));
        Self { exit_status, others: content.others, ..told }
    }

    /// The result, as an answer to the call `id`.
    pub(crate) fn answer(self, id: String, status: Raw<'_>) -> ToolResult {
        let failed = matches!(
            record::text(status).as_deref(),
            Some("failed" | "declined" | "rejected" | "error")
        );
        let is_error = failed
            || self.success == Some(false)
            || self.exit_status.is_some_and(|status| status != 0)
            || REFUSALS.iter().any(|refusal| self.text.starts_with(refusal));
        ToolResult { id, content: self.text, is_error, exit_status: self.exit_status }
    }
}

impl Wrapped<'_> {
    fn is_empty(&self) -> bool {
        [self.output, self.content, self.content_items, self.stdout, self.stderr]
            .iter()
            .all(Option::is_none)
    }
}

/// The exit status that a result tells in the lines above its output.
fn exit_status(text: &str) -> Option<i32> {
    let head = text.lines().take(8).take_while(|line| line.trim_end() != "Output:");
    head.filter_map(|line| {
        line.strip_prefix("Exit code: ").or_else(|| line.strip_prefix("Process exited with code "))
    })
    .find_map(|code| code.trim().parse().ok())
}

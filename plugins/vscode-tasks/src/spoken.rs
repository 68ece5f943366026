//! Tools by which the model talks: their arguments are what it says.

use lore_plugin_sdk::json;
use serde_json::Value;

use crate::tools::elements;

/// What a call of the tool `name` says to the person, if it is a tool for that.
pub(crate) fn of_call(name: &str, input: &Value) -> Option<String> {
    let text = match name {
        "attempt_completion" => json::text(&input["result"]).trim().to_owned(),
        "plan_mode_respond" | "plan_mode_response" | "act_mode_respond" => {
            with_options(json::text(&input["response"]), &input["options"])
        }
        "ask_followup_question" => {
            let options = match &input["follow_up"] {
                Value::Null => &input["options"],
                follow_up => follow_up,
            };
            with_options(json::text(&input["question"]), options)
        }
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// What an entry of the kind `kind` says; for some kinds its text is JSON.
pub(crate) fn of_entry(kind: &str, text: &str) -> String {
    let (words, options) = match kind {
        "followup" => ("question", ["options", "suggest"]),
        "plan_mode_respond" | "plan_mode_response" => ("response", ["options", "options"]),
        _ => return text.trim().to_owned(),
    };
    match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) => {
            let options = options.iter().map(|name| &value[*name]).find(|list| !list.is_null());
            with_options(json::text(&value[words]), options.unwrap_or(&Value::Null))
        }
        _ => text.trim().to_owned(),
    }
}

/// The option that the person chose, if the entry tells.
pub(crate) fn selected(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let selected = json::text(&value["selected"]).trim();
    (!selected.is_empty()).then(|| selected.to_owned())
}

/// The text with its options below it.
fn with_options(text: &str, options: &Value) -> String {
    let list = match options {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| {
            elements(text, "suggest").map(|option| Value::from(option.trim())).collect()
        }),
        other => other.clone(),
    };
    let mut said = text.trim().to_owned();
    for (at, option) in list.as_array().into_iter().flatten().enumerate() {
        let option = match option {
            Value::Object(fields) => {
                ["text", "answer"].iter().find_map(|name| fields.get(*name)?.as_str())
            }
            other => other.as_str(),
        };
        if let Some(option) = option.filter(|option| !option.is_empty()) {
            said.push_str(if at == 0 { "\n\n- " } else { "\n- " });
            said.push_str(option);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_stand_below_a_question_however_they_are_written() {
        let expected = Some("Which?\n\n- a\n- b".to_owned());
        for options in [
            json!({"question": "Which?", "options": "[\"a\", \"b\"]"}),
            json!({"question": "Which?", "options": ["a", "b"]}),
            json!({"question": "Which?", "follow_up": [{"text": "a"}, {"text": "b", "mode": "code"}]}),
            json!({"question": "Which?", "follow_up": "<suggest>a</suggest>\n<suggest>b</suggest>"}),
        ] {
            assert_eq!(of_call("ask_followup_question", &options), expected, "{options}");
        }
        let entry = json!({"question": "Which?", "suggest": [{"answer": "a"}, {"answer": "b"}]});
        assert_eq!(Some(of_entry("followup", &entry.to_string())), expected);
        assert_eq!(of_entry("followup", "Which?"), "Which?");
        assert_eq!(
            of_call("attempt_completion", &json!({"result": "Done."})),
            Some("Done.".into())
        );
        assert_eq!(of_call("read_file", &json!({"result": "Done."})), None);
    }
}

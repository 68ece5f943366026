//! Whether a value is as a JSON schema says: of the schema's language what Lore uses, and nothing
//! that is not understood is passed over.

use serde_json::Value;

/// Requires it.
#[track_caller]
pub(crate) fn check(schema: &Value, value: &Value, place: &str) {
    if let Err(error) = fits(schema, value, place) {
        panic!("{error}\n{value}");
    }
}

fn fits(schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let rules = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(rules) => rules,
        other => return Err(format!("{place}: no schema: {other}")),
    };
    for (rule, said) in rules {
        let holds = match rule.as_str() {
            "description" | "title" | "default" => true,
            "type" => is_of_type(said, value),
            "const" => said == value,
            "enum" => said.as_array().is_some_and(|values| values.contains(value)),
            "minimum" => value.as_f64().is_none_or(|number| Some(number) >= said.as_f64()),
            "required" => said.as_array().is_some_and(|names| {
                let has = |name: &Value| value.get(name.as_str().unwrap_or_default()).is_some();
                !value.is_object() || names.iter().all(has)
            }),
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                let is_known = |name| known.is_some_and(|known| known.contains_key(name));
                *said != Value::Bool(false)
                    || value.as_object().is_none_or(|members| members.keys().all(is_known))
            }
            "properties" => {
                for (name, schema) in said.as_object().into_iter().flatten() {
                    if let Some(member) = value.get(name) {
                        fits(schema, member, &format!("{place}.{name}"))?;
                    }
                }
                true
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(said, item, &format!("{place}[{at}]"))?;
                }
                true
            }
            "anyOf" => {
                let any = said.as_array().into_iter().flatten();
                any.clone().any(|schema| fits(schema, value, place).is_ok())
            }
            other => return Err(format!("{place}: the rule `{other}` is not known")),
        };
        if !holds {
            return Err(format!("{place}: `{rule}: {said}` does not hold of {value}"));
        }
    }
    Ok(())
}

fn is_of_type(said: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match said {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

#[test]
fn a_value_that_does_not_fit_is_found() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "array", "items": {"type": ["integer", "null"]}}},
    });
    let fit = |value| fits(&schema, &value, "value").is_ok();
    assert!(fit(serde_json::json!({"a": [1, null]})));
    assert!(!fit(serde_json::json!({"a": [1, "x"]})));
    assert!(!fit(serde_json::json!({})));
    assert!(!fit(serde_json::json!({"a": [], "b": 1})));
    assert!(fits(&serde_json::json!({"oddity": 1}), &Value::Null, "value").is_err());
}

//! Small helpers for JSON values of loose shape.

use serde_json::Value;

/// The text of a string value, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

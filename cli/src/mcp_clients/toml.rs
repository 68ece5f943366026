//! Edits of TOML.
//!
//! A table of our own is put at the end of the text, so that all else in it stays as it is.

use std::ops::Range;

use serde::Serialize;
use serde_json::Value;
use toml_edit::{Document, Item, Table};

use super::{Addition, Edit, NAME, apply, value_of};

/// What names the server in the table `container`.
pub(super) fn add(text: &str, container: &str, entry: &impl Serialize) -> Result<Addition, String> {
    let document = parse(text)?;
    let servers = document.get(container);
    let table = table(container, &value_of(entry));
    let known = servers.and_then(Item::as_table_like).and_then(|servers| servers.get(NAME));
    let edit = match known {
        Some(known) if same(known, &value_of(entry)) => return Ok(Addition::Same),
        Some(known) => Edit { at: region(text, known)?, text: table.clone() },
        None => {
            let gap = match text {
                "" => "",
                _ if text.ends_with("\n\n") => "",
                _ if text.ends_with('\n') => "\n",
                _ => "\n\n",
            };
            Edit { at: text.len()..text.len(), text: format!("{gap}{table}") }
        }
    };
    let edits = vec![edit];
    // A list of servers in braces takes no table at the end.
    parse(&apply(text, &edits)).map_err(|_| {
        format!("`{container}` is written in braces, which takes no table; add\n{table}yourself")
    })?;
    Ok(Addition::Edits { edits, makes_container: servers.is_none() })
}

/// The text without the server; nothing if it is not there.
pub(super) fn remove(text: &str, container: &str) -> Result<Option<String>, String> {
    let document = parse(text)?;
    let servers = document.get(container).and_then(Item::as_table_like);
    let Some(known) = servers.and_then(|servers| servers.get(NAME)) else { return Ok(None) };
    let mut at = region(text, known)?;
    if text[..at.start].ends_with("\n\n") {
        at.start -= 1;
    }
    let after = apply(text, &[Edit { at, text: String::new() }]);
    match parse(&after) {
        Ok(_) => Ok(Some(after)),
        Err(problem) => Err(format!("without `{NAME}`, {problem}")),
    }
}

fn parse(text: &str) -> Result<Document<&str>, String> {
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let at = text.floor_char_boundary(at);
        let line = text[..at].matches('\n').count() + 1;
        format!("line {line}: {}", error.message().replace('\n', ", "))
    })
}

/// The lines in which a table stands.
fn region(text: &str, item: &Item) -> Result<Range<usize>, String> {
    let Some(table) = item.as_table().filter(|table| !table.is_dotted() && !table.is_implicit())
    else {
        return Err(format!("`{NAME}` is written in another way than as a table of its own"));
    };
    let mut region = table.span().ok_or("the table cannot be found")?;
    extend(&mut region, table);
    region.end = text[region.end..].find('\n').map_or(text.len(), |end| region.end + end + 1);
    let inside = &text[region.start..region.end];
    let headers = inside.lines().filter(|line| line.trim_start().starts_with('['));
    // Tables below it may stand anywhere; whoever wrote them so wants to see what happens.
    match headers.count() > 1 + tables(table) {
        true => Err(format!("other tables stand between those of `{NAME}`")),
        false => Ok(region),
    }
}

/// Makes a region hold all that stands in a table.
fn extend(region: &mut Range<usize>, table: &Table) {
    for (_, item) in table.iter() {
        if let Some(span) = item.span() {
            region.end = region.end.max(span.end);
        }
        if let Some(table) = item.as_table() {
            extend(region, table);
        }
    }
}

fn tables(table: &Table) -> usize {
    let below = table.iter().filter_map(|(_, item)| item.as_table());
    below.map(|table| 1 + tables(table)).sum()
}

/// A table as text.
fn table(container: &str, entry: &Value) -> String {
    let mut text = format!("[{container}.{NAME}]\n");
    let mut line = |key: &str, value: String| text.push_str(&format!("{key} = {value}\n"));
    let get = |key: &str| entry.get(key);
    if let Some(command) = get("command") {
        line("command", toml(command));
    }
    if let Some(arguments) = get("args") {
        line("args", toml(arguments));
    }
    if let Some(environment) = get("env") {
        line("env", toml(environment));
    }
    text
}

fn toml(value: &Value) -> String {
    match value {
        Value::String(text) => toml_edit::Value::from(text.as_str()).to_string(),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether an item says the same as JSON does.
fn same(item: &Item, value: &Value) -> bool {
    match value {
        Value::String(text) => item.as_str() == Some(text),
        Value::Bool(flag) => item.as_bool() == Some(*flag),
        Value::Array(list) => item.as_array().is_some_and(|array| {
            array.len() == list.len()
                && array.iter().zip(list).all(|(one, other)| one.as_str() == other.as_str())
        }),
        Value::Object(map) => item.as_table_like().is_some_and(|table| {
            table.len() == map.len()
                && map
                    .iter()
                    .all(|(key, value)| table.get(key).is_some_and(|item| same(item, value)))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn added(text: &str, entry: &Value) -> String {
        match add(text, "servers", entry).expect("it can be read") {
            Addition::Same => panic!("it is not there"),
            Addition::Edits { edits, .. } => apply(text, &edits),
        }
    }

    #[test]
    fn a_table_is_put_at_the_end_and_taken_away_again() {
        let entry = json!({"command": "/opt/it's \"lore\"", "args": ["mcp"], "env": {"A": "b"}});
        for text in
            ["", "model = 'x'", "[servers.a]\ncommand = 'b' # c\n# the end\n", "servers.a = 1\n"]
        {
            let after = added(text, &entry);
            assert!(after.starts_with(text), "{after}");
            assert!(matches!(add(&after, "servers", &entry), Ok(Addition::Same)), "{after}");
            let removed = remove(&after, "servers").expect("it can be read").expect("it is there");
            assert_eq!(removed.trim_end(), text.trim_end());
        }
    }

    #[test]
    fn what_stands_around_a_table_stays() {
        let text = "# before\n[servers.lore] # ours\ncommand = \"old\"\nenv = { A = \"b\" } # its\n\n\
                    # about b\n[servers.b]\ncommand = 'b'\n";
        let after = added(text, &json!({"command": "new"}));
        assert_eq!(
            after,
            "# before\n[servers.lore]\ncommand = \"new\"\n\n# about b\n[servers.b]\ncommand = 'b'\n"
        );
        let removed = remove(text, "servers").expect("it can be read").expect("it is there");
        assert_eq!(removed, "# before\n\n# about b\n[servers.b]\ncommand = 'b'\n");
    }

    #[test]
    fn tables_below_it_go_with_it() {
        let text = "[servers.lore]\ncommand = 'x'\n[servers.lore.env]\nA = 'b'\n[z]\n";
        let removed = remove(text, "servers").expect("it can be read").expect("it is there");
        assert_eq!(removed, "[z]\n");
        let text = "[servers.lore]\ncommand = 'x'\n[z]\n[servers.lore.env]\nA = 'b'\n";
        let problem = remove(text, "servers").expect_err("another table is between");
        assert!(problem.contains("other tables"), "{problem}");
    }

    #[test]
    fn what_cannot_be_changed_is_named_with_its_place() {
        let problem = |text| add(text, "servers", &json!({"command": "x"})).expect_err("it cannot");
        assert!(
            problem("a = 1\nb = = 2\n").starts_with("line 2: "),
            "{}",
            problem("a = 1\nb = = 2\n")
        );
        let braces = problem("servers = { a = { command = 'b' } }\n");
        assert!(braces.contains("in braces"), "{braces}");
    }
}

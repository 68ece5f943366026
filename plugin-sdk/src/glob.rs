//! Globs as the host has them, for sources in memory and fixtures: `*`, `**` and `{a,b}`; any name
//! will do for the project's.

/// Stands for the project in the pattern of a location of memories.
const PROJECT_SLUG: &str = "$PROJECT_SLUG";

/// Whether a glob matches a path.
pub(crate) fn is_match(pattern: &str, path: &str) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let split = |text| str::split(text, '/').collect::<Vec<_>>();
        segments(&split(pattern), &split(path))
    })
}

/// The patterns that one with braces stands for.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((open, close)) =
        pattern.find('{').and_then(|open| Some((open, open + pattern[open..].find('}')?)))
    else {
        return vec![pattern.to_owned()];
    };
    let (before, after) = (&pattern[..open], &pattern[close + 1..]);
    let inside = pattern[open + 1..close].split(',');
    inside.flat_map(|one| alternatives(&format!("{before}{one}{after}"))).collect()
}

fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skip| segments(rest, &path[skip..])),
        (Some((first, rest)), Some((name, below))) => segment(first, name) && segments(rest, below),
        _ => false,
    }
}

fn segment(pattern: &str, name: &str) -> bool {
    if pattern == PROJECT_SLUG {
        return true;
    }
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let rests = name.char_indices().map(|(at, _)| &name[at..]).chain([""]);
            rests.into_iter().any(|name| segment(rest, name))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_those_of_locations() {
        assert!(is_match("projects/**/*.jsonl", "projects/a.jsonl"));
        assert!(is_match("projects/**/*.jsonl", "projects/-home/s/subagents/agent-1.jsonl"));
        assert!(is_match("sessions/**/rollout-*.jsonl", "sessions/2026/01/rollout-a.jsonl"));
        assert!(is_match("{Roo,roo}.cline/*.{json,jsonl}", "roo.cline/a.jsonl"));
        assert!(is_match("projects/$PROJECT_SLUG/*.md", "projects/-home-ada/a.md"));
        assert!(!is_match("projects/$PROJECT_SLUG/*.md", "projects/-home/ada/a.md"));
        assert!(!is_match("projects/**/*.jsonl", "projects/-home/agent-1.meta.json"));
        assert!(!is_match("{Roo,roo}.cline/*.{json,jsonl}", "loo.cline/a.json"));
        assert!(!is_match("chats/*.jsonl", "chats/a/b.jsonl"));
        assert!(!is_match("history.jsonl", "projects/history.jsonl"));
    }
}

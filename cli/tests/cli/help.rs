//! The help is the manual: all of it is one snapshot.

use crate::environment::Environment;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["import"],
    &["sessions"],
    &["show"],
    &["search"],
    &["link"],
    &["unlink"],
    &["blame"],
    &["memories"],
    &["review"],
    &["audit"],
    &["audit", "secrets"],
    &["hooks"],
    &["hooks", "install"],
    &["hooks", "uninstall"],
    &["hooks", "status"],
    &["daemon"],
    &["daemon", "start"],
    &["daemon", "stop"],
    &["daemon", "status"],
    &["daemon", "logs"],
    &["daemon", "install"],
    &["daemon", "uninstall"],
    &["watch"],
    &["tag"],
    &["annotate"],
    &["summarize"],
    &["delete"],
    &["status"],
    &["current"],
    &["context"],
    &["sync"],
    &["sync", "setup"],
    &["sync", "status"],
    &["sync", "log"],
    &["sync", "rekey"],
    &["sync", "forget"],
    &["sync", "exclude"],
    &["config"],
    &["config", "get"],
    &["config", "set"],
    &["config", "list"],
    &["db"],
    &["db", "stats"],
    &["db", "verify"],
    &["db", "reindex"],
    &["db", "compact"],
    &["plugin"],
    &["plugin", "list"],
    &["plugin", "install"],
    &["plugin", "enable"],
    &["plugin", "disable"],
    &["plugin", "remove"],
    &["plugin", "inspect"],
    &["plugin", "new"],
    &["plugin", "build"],
    &["plugin", "test"],
    &["mcp"],
    &["mcp", "serve"],
    &["mcp", "install"],
    &["mcp", "uninstall"],
    &["demo"],
];

fn help_of(command: &[&str]) -> String {
    let arguments: Vec<&str> = command.iter().chain(&["--help"]).copied().collect();
    Environment::new().run(&arguments).success()
}

#[test]
fn help() {
    let all: Vec<String> = COMMANDS
        .iter()
        .map(|command| format!("$ lore {} --help\n{}", command.join(" "), help_of(command)))
        .collect();
    insta::assert_snapshot!(all.join("\n").replace("lore  --help", "lore --help"));
}

#[test]
fn every_help_ends_with_examples() {
    for command in COMMANDS {
        let help = help_of(command);
        let (_, examples) = help.rsplit_once("\nExamples:\n").expect("there are examples");
        let name = ["lore"].iter().chain(*command).copied().collect::<Vec<_>>().join(" ");
        assert!(
            examples.lines().all(|line| line.starts_with("  lore ")) && examples.contains(&name),
            "`{name}` has other examples:\n{examples}"
        );
    }
}

#[test]
fn the_command_list_is_complete() {
    let help = help_of(&[]);
    let (_, list) = help.split_once("Commands:\n").expect("there is a list");
    let listed = list.lines().map_while(|line| line.split_whitespace().next());
    for command in listed.filter(|command| *command != "help") {
        assert!(COMMANDS.contains(&[command].as_slice()), "`{command}` is not in the snapshot");
    }
}

#[test]
fn version() {
    let version = Environment::new().run(&["--version"]).success();
    assert_eq!(version, concat!("lore ", env!("CARGO_PKG_VERSION"), "\n"));
}

//! The tools that Lore can be named to, and where each keeps its settings.

use std::path::{Path, PathBuf};

use lore_engine::api::Places;
use serde::Serialize;

use crate::error::CliError;
use crate::home::Home;
use crate::program;

/// Editors of VS Code's kind, by the name of the directory that holds their user directory.
const EDITORS: [&str; 8] =
    ["Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor", "Windsurf", "Trae", "Positron"];

/// What such an editor runs on the far side of a remote window.
const EDITOR_SERVERS: [&str; 4] =
    [".vscode-server", ".vscode-server-insiders", ".cursor-server", ".windsurf-server"];

/// A tool that can ask MCP servers.
#[derive(Debug)]
pub(crate) struct Client {
    /// As it is called here.
    pub(crate) name: &'static str,
    /// As people call it.
    pub(crate) title: &'static str,
    pub(super) format: Format,
    shape: Shape,
    /// Started from a desktop, where the PATH of shells is not known.
    graphical: bool,
    locations: &'static [Location],
}

/// What the settings are written in, and the key under which the servers stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Json(&'static str),
    Toml(&'static str),
    /// A YAML file of a server's own.
    OwnYaml,
    /// YAML that others have a hand in.
    ByHand,
}

/// What an entry looks like.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// `command`, `args`.
    Plain,
    /// The same with a `type`.
    Typed(&'static str),
    /// With a `type` and all `tools` allowed.
    Copilot,
    /// `command` is a list, with `enabled`.
    List,
}

/// Where settings lie. `$CONFIG` is `~/.config`, `$APPS` where graphical programs keep theirs, and
/// `$EDITORS` the user directories of all editors of VS Code's kind.
#[derive(Debug)]
struct Location {
    /// The tool is there if this is.
    marker: &'static str,
    /// The settings, below the marker: the first of these that is there, else the first.
    files: &'static [&'static str],
    /// A variable that names a directory in the marker's place.
    variable: Option<&'static str>,
}

/// Settings that a tool reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// The tool is there.
    pub(crate) is_found: bool,
}

const fn at(marker: &'static str, files: &'static [&'static str]) -> Location {
    Location { marker, files, variable: None }
}

const fn moved(
    variable: &'static str,
    marker: &'static str,
    files: &'static [&'static str],
) -> Location {
    Location { marker, files, variable: Some(variable) }
}

const fn client(
    name: &'static str,
    title: &'static str,
    format: Format,
    shape: Shape,
    locations: &'static [Location],
) -> Client {
    Client { name, title, format, shape, graphical: false, locations }
}

const fn graphical(client: Client) -> Client {
    Client { graphical: true, ..client }
}

const SERVERS: Format = Format::Json("mcpServers");
const STDIO: Shape = Shape::Typed("stdio");

/// All of them, by name.
pub(crate) const CLIENTS: &[Client] = &[
    client(
        "amp",
        "Amp",
        // A key with a dot in it.
        Format::Json("amp.mcpServers"),
        Shape::Plain,
        &[at("$CONFIG/amp", &["settings.json", "settings.jsonc"])],
    ),
    client(
        "claude-code",
        "Claude Code",
        SERVERS,
        STDIO,
        &[moved("CLAUDE_CONFIG_DIR", "~/.claude", &["../.claude.json"])],
    ),
    graphical(client(
        "claude-desktop",
        "Claude Desktop",
        SERVERS,
        Shape::Plain,
        &[at("$APPS/Claude", &["claude_desktop_config.json"])],
    )),
    graphical(client(
        "cline",
        "Cline",
        SERVERS,
        Shape::Plain,
        &[
            at(
                "$EDITORS/globalStorage/saoudrizwan.claude-dev",
                &["settings/cline_mcp_settings.json"],
            ),
            moved("CLINE_DATA_DIR", "~/.cline/data", &["settings/cline_mcp_settings.json"]),
        ],
    )),
    client(
        "codex",
        "Codex",
        Format::Toml("mcp_servers"),
        Shape::Plain,
        &[moved("CODEX_HOME", "~/.codex", &["config.toml"])],
    ),
    graphical(client(
        "continue",
        "Continue",
        Format::OwnYaml,
        Shape::Plain,
        &[moved("CONTINUE_GLOBAL_DIR", "~/.continue", &["mcpServers/lore.yaml"])],
    )),
    client(
        "copilot-cli",
        "Copilot CLI",
        SERVERS,
        Shape::Copilot,
        &[moved("COPILOT_HOME", "~/.copilot", &["mcp-config.json"])],
    ),
    client("crush", "Crush", Format::Json("mcp"), STDIO, &[at("$CONFIG/crush", &["crush.json"])]),
    graphical(client("cursor", "Cursor", SERVERS, Shape::Plain, &[at("~/.cursor", &["mcp.json"])])),
    client("droid", "Factory Droid", SERVERS, STDIO, &[at("~/.factory", &["mcp.json"])]),
    client("gemini", "Gemini CLI", SERVERS, Shape::Plain, &[at("~/.gemini", &["settings.json"])]),
    client(
        "goose",
        "Goose",
        Format::ByHand,
        Shape::Plain,
        &[at("$CONFIG/goose", &["config.yaml"])],
    ),
    graphical(client(
        "kilo-code",
        "Kilo Code",
        Format::Json("mcp"),
        Shape::List,
        &[at("$CONFIG/kilo", &["kilo.jsonc", "kilo.json"])],
    )),
    client(
        "kimi",
        "Kimi",
        SERVERS,
        Shape::Plain,
        &[
            moved("KIMI_SHARE_DIR", "~/.kimi", &["mcp.json"]),
            moved("KIMI_CODE_HOME", "~/.kimi-code", &["mcp.json"]),
        ],
    ),
    graphical(client(
        "kiro",
        "Kiro",
        SERVERS,
        Shape::Plain,
        &[at("~/.kiro", &["settings/mcp.json"])],
    )),
    client(
        "opencode",
        "OpenCode",
        Format::Json("mcp"),
        Shape::List,
        &[at("$CONFIG/opencode", &["opencode.json", "opencode.jsonc"])],
    ),
    client(
        "qwen-code",
        "Qwen Code",
        SERVERS,
        Shape::Plain,
        &[moved("QWEN_HOME", "~/.qwen", &["settings.json"])],
    ),
    graphical(client(
        "roo-code",
        "Roo Code",
        SERVERS,
        Shape::Plain,
        &[at("$EDITORS/globalStorage/rooveterinaryinc.roo-cline", &["settings/mcp_settings.json"])],
    )),
    graphical(client(
        "vscode",
        "VS Code",
        Format::Json("servers"),
        STDIO,
        &[at("$APPS/Code/User", &["mcp.json"]), at("$APPS/Code - Insiders/User", &["mcp.json"])],
    )),
    graphical(client(
        "windsurf",
        "Windsurf",
        SERVERS,
        Shape::Plain,
        &[at("~/.codeium/windsurf", &["mcp_config.json"])],
    )),
    graphical(client(
        "zed",
        "Zed",
        Format::Json("context_servers"),
        Shape::Plain,
        &[at("$CONFIG/zed", &["settings.json"])],
    )),
];

impl Client {
    /// Its settings: those of every installation that is found, else where they would be.
    pub(crate) fn places(&self, home: &Home) -> Vec<Place> {
        let places = home.places();
        let mut all: Vec<Place> =
            self.locations.iter().flat_map(|location| location.places(home, &places)).collect();
        match all.iter().any(|place| place.is_found) {
            true => all.retain(|place| place.is_found),
            false => all.truncate(1),
        }
        all
    }

    /// What names Lore in its settings.
    pub(super) fn entry(&self, home: &Home) -> Result<Entry, CliError> {
        let program = if self.graphical { program::program()? } else { program::call()? };
        let command = program.to_str().ok_or_else(|| {
            CliError::new(format!("the program's path `{}` is no text", program.display()))
                .with_hint("settings cannot name it; install Lore at another path")
        })?;
        let root = home.moved().and_then(Path::to_str).map(str::to_owned);
        Ok(Entry::new(self.shape, command, root))
    }
}

impl Location {
    fn places(&self, home: &Home, places: &Places) -> Vec<Place> {
        let named = self.variable.and_then(|name| places.variables.get(name));
        let is_moved = named.is_some();
        let markers = match named {
            Some(directory) => vec![PathBuf::from(directory)],
            None => expand(self.marker, home, places),
        };
        let place = |marker: PathBuf| {
            let path = |file: &&str| match file.strip_prefix("../") {
                // What lies beside the usual directory lies in the one that a variable names.
                Some(file) if is_moved => marker.join(file),
                Some(file) => marker.parent().unwrap_or(&marker).join(file),
                None => marker.join(file),
            };
            let files: Vec<PathBuf> = self.files.iter().map(path).collect();
            let file = files.iter().find(|file| file.exists()).or(files.first())?.clone();
            Some(Place { is_found: marker.is_dir() || file.exists(), file })
        };
        markers.into_iter().filter_map(place).collect()
    }
}

fn expand(pattern: &str, home: &Home, places: &Places) -> Vec<PathBuf> {
    let (first, rest) = pattern.split_once('/').unwrap_or((pattern, ""));
    let applications = || match places.os.as_str() {
        "macos" => Some(home.person()?.join("Library/Application Support")),
        _ => home.settings(),
    };
    let bases: Vec<PathBuf> = match first {
        "$CONFIG" => home.settings().into_iter().collect(),
        "$APPS" => applications().into_iter().collect(),
        "$EDITORS" => {
            let here =
                applications().into_iter().flat_map(|base| EDITORS.map(|name| base.join(name)));
            let far = home
                .person()
                .into_iter()
                .flat_map(|person| EDITOR_SERVERS.map(|name| person.join(name).join("data")));
            here.chain(far).map(|editor| editor.join("User")).collect()
        }
        _ => home.person().map(Path::to_owned).into_iter().collect(),
    };
    bases.into_iter().map(|base| base.join(rest)).collect()
}

/// What names a server in a tool's settings.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    command: Command,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<[&'static str; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<Environment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Command {
    Program(String),
    Line([String; 3]),
}

#[derive(Debug, Serialize)]
struct Environment {
    #[serde(rename = "LORE_HOME")]
    root: String,
}

impl Entry {
    fn new(shape: Shape, command: &str, root: Option<String>) -> Self {
        let arguments = ["mcp", "serve"];
        let environment = root.map(|root| Environment { root });
        let plain = Self {
            kind: None,
            command: Command::Program(command.to_owned()),
            args: Some(arguments),
            env: None,
            environment: None,
            tools: None,
            enabled: None,
        };
        match shape {
            Shape::Plain => Self { env: environment, ..plain },
            Shape::Typed(kind) => Self { kind: Some(kind), env: environment, ..plain },
            Shape::Copilot => {
                Self { kind: Some("local"), env: environment, tools: Some(["*"]), ..plain }
            }
            Shape::List => {
                let [first, second] = arguments.map(str::to_owned);
                Self {
                    kind: Some("local"),
                    command: Command::Line([command.to_owned(), first, second]),
                    args: None,
                    environment,
                    enabled: Some(true),
                    ..plain
                }
            }
        }
    }

    /// Continue's file of one server.
    pub(super) fn yaml_file(&self) -> String {
        let mut text = format!(
            "name: Lore\nversion: 0.0.1\nschema: v1\nmcpServers:\n  - name: {}\n    type: stdio\n",
            super::NAME
        );
        text.push_str(&self.yaml_lines("command", "    "));
        if let Some(environment) = &self.env {
            text.push_str(&format!("    env:\n      LORE_HOME: {}\n", quoted(&environment.root)));
        }
        text
    }

    /// What Goose's settings take.
    pub(super) fn yaml_extension(&self) -> String {
        let mut text = format!(
            "extensions:\n  {0}:\n    name: {0}\n    type: stdio\n    enabled: true\n    timeout: 300\n",
            super::NAME
        );
        text.push_str(&self.yaml_lines("cmd", "    "));
        if let Some(environment) = &self.env {
            text.push_str(&format!("    envs:\n      LORE_HOME: {}\n", quoted(&environment.root)));
        }
        text
    }

    fn yaml_lines(&self, key: &str, indent: &str) -> String {
        let command = match &self.command {
            Command::Program(command) | Command::Line([command, ..]) => command,
        };
        let arguments =
            self.args.iter().flatten().map(|argument| format!("{indent}  - {argument}\n"));
        let arguments: String = arguments.collect();
        format!("{indent}{key}: {}\n{indent}args:\n{arguments}", quoted(command))
    }
}

/// A text as JSON writes it, which YAML reads as well.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

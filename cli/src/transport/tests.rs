//! Two clones and their remote, with the real git.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Instant;

use tempfile::TempDir;

use super::*;

/// Time that nothing takes that is not broken.
const PLENTY: Duration = Duration::from_secs(120);

struct World {
    root: TempDir,
}

impl World {
    /// A bare repository `remote`, and clones `ada` and `ben` of it with one commit each.
    fn new() -> Self {
        let world = Self { root: TempDir::with_prefix("lore-").expect("there is room for a test") };
        world.git(".", &["init", "--quiet", "--bare", "remote"]);
        for name in ["ada", "ben"] {
            world.git(".", &["init", "--quiet", name]);
            world.git(name, &["remote", "add", "origin", "../remote"]);
            world.commit(name, name);
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    #[track_caller]
    fn git(&self, place: &str, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                git.env_remove(name);
            }
        }
        let output = git
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(arguments)
            .current_dir(self.path(place))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git is installed");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A new commit; returns its id.
    #[track_caller]
    fn commit(&self, place: &str, message: &str) -> String {
        self.git(place, &["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(place, &["rev-parse", "HEAD"])
    }

    fn runner(&self, place: &str, manner: Manner) -> Runner {
        Runner::new(&self.path(place), manner)
            .with("GIT_CONFIG_GLOBAL", "/dev/null")
            .with("GIT_CONFIG_NOSYSTEM", "1")
    }

    fn quiet(&self, place: &str) -> Git {
        Git::choose(self.runner(place, Manner::Quiet(PLENTY)), None).expect("it has a remote")
    }

    /// Everything of a repository that a person may notice.
    fn noticed(&self, place: &str) -> String {
        let references = self.git(place, &["for-each-ref"]);
        let status = self.git(place, &["status", "--porcelain", "--branch"]);
        let config = fs::read_to_string(self.path(place).join(".git/config")).expect("it is there");
        let mut files: Vec<String> = fs::read_dir(self.path(place).join(".git"))
            .expect("it is there")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let references = references.lines().filter(|line| !line.contains("refs/lore/"));
        let references: Vec<&str> = references.collect();
        let logs = self.path(place).join(".git/logs/refs");
        let logs = walk(&logs);
        format!("{references:?}\n{status}\n{config}\n{files:?}\n{logs:?}")
    }

    fn script(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        path.to_str().expect("it is text").to_owned()
    }

    /// What a reference leads to.
    fn at(&self, place: &str, reference: &str) -> String {
        self.git(place, &["for-each-ref", "--format=%(objectname)", reference])
    }
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        found.push(entry.path());
        found.extend(walk(&entry.path()));
    }
    found.sort();
    found
}

#[test]
fn stores_go_to_and_fro_and_nothing_else_changes() {
    let world = World::new();
    for place in ["ada", "ben"] {
        world.git(place, &["config", "core.logAllRefUpdates", "always"]);
        world.git(place, &["config", "push.followTags", "true"]);
        world.git(place, &["config", "remote.origin.mirror", "true"]);
        world.git(place, &["config", "remote.origin.tagOpt", "--tags"]);
        world.git(place, &["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    }
    let mine = world.git("ada", &["rev-parse", "HEAD"]);
    world.git("ada", &["tag", "--annotate", "--message=x", "v1"]);
    world.git(
        "remote",
        &["fetch", "--quiet", "../ben", "HEAD:refs/heads/main", "HEAD:refs/tags/v2"],
    );
    let before = [world.noticed("ada"), world.noticed("ben")];
    let [ada, ben] = [world.quiet("ada"), world.quiet("ben")];
    assert_eq!(ada.remote(), "origin");

    let fetched = ben.fetch().expect("nothing is there to be fetched");
    assert_eq!(fetched.tracking, "refs/lore/remotes/origin/sessions");
    assert_eq!(world.at("ben", &fetched.tracking), "");
    assert_eq!(ada.push(&mine, None).expect("it is reached"), Pushed::Accepted);
    assert_eq!(world.at("remote", STORE), mine);
    assert_eq!(world.at("ada", &ada.tracking()), mine);
    assert_eq!(ben.fetch().expect("it is reached"), fetched);
    assert_eq!(world.at("ben", &fetched.tracking), mine);

    // A store that was made anew, and one that is gone.
    let other = world.git("ben", &["rev-parse", "HEAD"]);
    assert_eq!(ben.push(&other, Some(&mine)).expect("it is reached"), Pushed::Accepted);
    ada.fetch().expect("it is reached");
    assert_eq!(world.at("ada", &ada.tracking()), other);
    world.git("remote", &["update-ref", "-d", STORE]);
    ada.fetch().expect("it is reached");
    assert_eq!(world.at("ada", "refs/lore"), "");
    assert_eq!([world.noticed("ada"), world.noticed("ben")], before);
    assert_eq!(world.git("remote", &["tag"]), "v2");
}

#[test]
fn whoever_is_slower_is_told_so() {
    let world = World::new();
    let [ada, ben] = [world.quiet("ada"), world.quiet("ben")];
    let [mine, others] = ["ada", "ben"].map(|place| world.git(place, &["rev-parse", "HEAD"]));
    assert_eq!(ada.push(&mine, None).expect("it is reached"), Pushed::Accepted);
    assert_eq!(ben.push(&others, None).expect("it is reached"), Pushed::Faster);
    assert_eq!(ben.push(&others, Some(&others)).expect("it is reached"), Pushed::Faster);
    assert_eq!(world.at("remote", STORE), mine);

    // The same, in the moment in which the remote writes it.
    let lock = world.path("remote").join("refs/lore/sessions.lock");
    fs::write(&lock, "").expect("it can be made");
    let next = world.commit("ada", "next");
    assert_eq!(ada.push(&next, Some(&mine)).expect("it is reached"), Pushed::Faster);
    fs::remove_file(lock).expect("it is there");
    assert_eq!(ada.push(&next, Some(&mine)).expect("it is reached"), Pushed::Accepted);
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_remote() {
    let world = World::new();
    let hook =
        "#!/bin/sh\necho 'not\u{1b}[2J here, ask https://ada:s3cret@git.example' >&2\nexit 1\n";
    world.script("remote/hooks/pre-receive", hook);
    let ada = world.quiet("ada");
    let mine = world.git("ada", &["rev-parse", "HEAD"]);
    let Pushed::Refused(said) = ada.push(&mine, None).expect("it is reached") else {
        panic!("it was not refused")
    };
    assert!(said.contains("declined: not") && said.contains("https://****@git.example"), "{said}");
    assert!(!said.contains(char::is_control) && !said.contains("s3cret"), "{said}");
    assert_eq!(world.at("ada", "refs/lore"), "");
}

#[test]
fn only_remotes_that_there_are_are_used() {
    let world = World::new();
    let open = |named| Git::choose(world.runner("ada", Manner::Interactive), named);
    for name in ["--upload-pack=false", "../remote", "-v", ""] {
        let error = open(Some(name)).expect_err("it is no remote").to_string();
        assert_eq!(error, format!("no remote `{name}`; there are: origin"));
    }
    world.git("ada", &["remote", "rename", "origin", "team/upstream"]);
    assert_eq!(open(None).expect("it is the only one").remote(), "team/upstream");
    world.git("ada", &["config", "remote.-x.url", "../remote"]);
    let error = open(None).expect_err("none is the usual one").to_string();
    assert!(
        error.starts_with("no remote `origin`; there are: ") && error.contains("-x"),
        "{error}"
    );

    // Names and addresses are no options, whatever they begin with.
    let odd = open(Some("-x")).expect("it is a remote");
    odd.fetch().expect("it is reached");
    let mine = world.git("ada", &["rev-parse", "HEAD"]);
    assert_eq!(odd.push(&mine, None).expect("it is reached"), Pushed::Accepted);
    assert_eq!(world.at("ada", "refs/lore/remotes/-x/sessions"), mine);
    for text in ["HEAD", "-d", "", &mine[..39]] {
        assert!(matches!(odd.push(text, None), Err(TransportError::NoCommit(_))), "{text}");
    }
    world.git("ada", &["config", "remote.-x.url", "--upload-pack=touch made"]);
    assert!(odd.fetch().is_err());
    assert!(!world.path("ada/made").exists());

    world.git("ada", &["remote", "remove", "team/upstream"]);
    world.git("ada", &["remote", "remove", "--", "-x"]);
    let error = open(None).expect_err("there is none").to_string();
    assert_eq!(error, "no remote `origin`; there are none");
    let error = Git::choose(world.runner(".", Manner::Interactive), None);
    assert!(matches!(error, Err(TransportError::NoRepository { .. })), "{error:?}");
}

#[test]
fn a_remote_that_is_not_there_is_named() {
    let world = World::new();
    world.git("ada", &["remote", "set-url", "origin", "https://ada:s3cret@127.0.0.1:1/kettle.git"]);
    let ada = world.quiet("ada");
    let mine = world.git("ada", &["rev-parse", "HEAD"]);
    let errors = [ada.fetch().map(drop), ada.push(&mine, None).map(drop)];
    for error in errors.map(|done| done.expect_err("nobody listens there")) {
        assert!(matches!(error, TransportError::Unreachable { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("the remote `origin`: ") && !text.contains("s3cret"), "{text}");
    }
}

#[test]
fn a_remote_that_hangs_is_given_up_with_all_that_was_started() {
    let world = World::new();
    let mine = world.git("ada", &["rev-parse", "HEAD"]);
    assert_eq!(world.quiet("ada").push(&mine, None).expect("it is reached"), Pushed::Accepted);
    // It fills the pipe of errors, begins something, and never ends.
    let hang = world.script(
        "hang",
        "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' x >&2\nsleep 1000 &\necho $! $$ >\"$0.pids\"\nwait\n",
    );
    world.git("ada", &["config", "remote.origin.uploadpack", &hang]);
    let before = walk(&world.path("ada/.git"));
    let limit = Duration::from_secs(2);
    let git = Git::choose(world.runner("ada", Manner::Quiet(limit)), None).expect("it has one");
    let begun = Instant::now();
    let error = git.fetch().expect_err("it hangs");
    assert!(matches!(error, TransportError::Late { .. }), "{error:?}");
    assert!(begun.elapsed() >= limit && begun.elapsed() < PLENTY);
    assert_eq!(walk(&world.path("ada/.git")), before, "something is left");
    let pids = fs::read_to_string(world.path("hang.pids")).expect("it was run");
    for pid in pids.split_whitespace() {
        let gone = || {
            let found = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            found.is_empty() || found.contains(") Z ")
        };
        let until = Instant::now() + PLENTY;
        while !gone() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(gone(), "{pid} is still there");
    }
    world.git("ada", &["config", "--unset", "remote.origin.uploadpack"]);
    git.fetch().expect("nothing is in the way");
}

#[test]
fn in_a_hook_the_repository_is_the_one_of_the_place() {
    let world = World::new();
    let runner = world.runner("ada", Manner::Quiet(PLENTY));
    let list = runner.run(&["rev-parse", "--local-env-vars"]).expect("it can be run");
    // This git may know variables that came later.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_OBJECT_DIRECTORY"] {
        assert!(list.stdout.lines().any(|line| line == name), "{}", list.stdout);
    }
    for name in list.stdout.lines() {
        assert!(process::LOCAL.contains(&name), "`{name}` leads to another repository");
    }
}

#[test]
fn nobody_is_asked_in_the_background() {
    let world = World::new();
    let ssh = world
        .script("ssh", "#!/bin/sh\nenv >\"$0.log\"\nprintf '%s ' \"$@\" >>\"$0.log\"\nexit 1\n");
    world.git("ada", &["remote", "set-url", "origin", "ssh://git@git.example/kettle.git"]);
    // The first `ssh` that is found.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [world.root.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).expect("directories");
    let fetch = |manner| {
        let runner = world.runner("ada", manner).with("PATH", path.clone());
        let git = Git::choose(runner, None).expect("it has one");
        assert!(git.fetch().is_err());
        fs::read_to_string(world.path("ssh.log")).expect("it was run")
    };
    let quiet = fetch(Manner::Quiet(PLENTY));
    for text in
        ["GIT_TERMINAL_PROMPT=0", "SSH_ASKPASS_REQUIRE=never", "BatchMode=yes", "LORE_SYNC_HOOK=1"]
    {
        assert!(quiet.contains(text), "no {text} in {quiet}");
    }
    let open = fetch(Manner::Interactive);
    assert!(open.contains("LORE_SYNC_HOOK=1"), "{open}");
    for text in ["GIT_TERMINAL_PROMPT=0", "SSH_ASKPASS_REQUIRE=never", "BatchMode"] {
        assert!(!open.contains(text), "{text} in {open}");
    }
    // A program of the person's choice is called as it was chosen.
    world.git("ada", &["config", "core.sshCommand", &format!("{ssh} -o Mine=yes")]);
    let chosen = fetch(Manner::Quiet(PLENTY));
    assert!(chosen.contains("Mine=yes") && !chosen.contains("BatchMode"), "{chosen}");
}

#[test]
fn a_clone_without_contents_gets_those_of_the_store() {
    let world = World::new();
    fs::write(world.path("ada/sealed"), "sealed").expect("it can be written");
    world.git("ada", &["add", "sealed"]);
    let mine = world.commit("ada", "with contents");
    assert_eq!(world.quiet("ada").push(&mine, None).expect("it is reached"), Pushed::Accepted);
    world.git("remote", &["config", "uploadpack.allowFilter", "true"]);
    world.git("ben", &["config", "remote.origin.promisor", "true"]);
    world.git("ben", &["config", "remote.origin.partialclonefilter", "blob:none"]);
    let ben = world.quiet("ben");
    ben.fetch().expect("it is reached");
    world.git("ben", &["remote", "set-url", "origin", "../nowhere"]);
    let content = world.git("ben", &["cat-file", "blob", &format!("{}:sealed", ben.tracking())]);
    assert_eq!(content, "sealed");
}

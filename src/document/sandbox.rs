//! Where other people's converters run: bubblewrap, with no network, a read-only system, a private `/tmp`, and
//! limits. Without bubblewrap nothing runs at all; there is no setting that weakens it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// Where programs are looked for, here and inside.
const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// What a program inside sees of this machine, read-only: itself, its libraries, fonts. No data, no settings.
const VISIBLE: [&str; 6] = [
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
];
/// Folders that are links into `/usr` on most systems and folders of their own on others.
const ROOTS: [&str; 4] = ["/bin", "/sbin", "/lib", "/lib64"];
/// Bytes that a program may leave in its private `/tmp`, which is memory.
const TMP_BYTES: u64 = 256 << 20;
/// Bytes of one file that a program writes.
const FILE_BYTES: u64 = 1 << 30;
/// Bytes of a program's output that are kept.
const OUTPUT_BYTES: u64 = 4 << 20;
/// Conversions give way to people: citizens sign in while slides are drawn.
const NICENESS: &str = "5";
/// How often memory is looked at. Each process is also limited by itself, so that none jumps over in between.
const LOOK: Duration = Duration::from_millis(250);

/// Where this very program stands inside, for what it does as a child of itself.
pub const PROGRAM: &str = "/program";

/// What one run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory of all its processes together.
    pub memory: u64,
    /// From start to end; processor time has the same limit for each process.
    pub wall: Duration,
}

/// 200 slides took 0.8 GB (specification, section 7).
pub const MEMORY_BYTES: u64 = 1536 << 20;

/// Why a run did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error("not finished after {0:?}")]
    Time(Duration),
    #[error("more than {0} bytes of memory")]
    Memory(u64),
    #[error("ended with {code:?}: {said}")]
    Code { code: Option<i32>, said: String },
    #[error("the sandbox could not be started")]
    Start(#[from] std::io::Error),
}

/// Bubblewrap, found and tried.
#[derive(Clone)]
pub struct Sandbox {
    bwrap: PathBuf,
    prlimit: PathBuf,
    /// This very program.
    own: Option<PathBuf>,
    /// One run for each core at once.
    slots: Arc<Semaphore>,
}

/// The file of a program of the system, if it is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    PATH.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())
}

impl Sandbox {
    /// `None` where bubblewrap is missing, or may not make namespaces here.
    pub async fn open() -> Option<Sandbox> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let sandbox = Sandbox {
            bwrap: find("bwrap")?,
            prlimit: find("prlimit")?,
            own: own_program(),
            slots: Arc::new(Semaphore::new(cores)),
        };
        let nowhere = tempfile::tempdir().ok()?;
        let limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(10) };
        match sandbox.run(nowhere.path(), &["true".into()], limits).await {
            Ok(_) => Some(sandbox),
            Err(error) => {
                tracing::warn!(%error, "bubblewrap does not work here: documents get no preview");
                None
            }
        }
    }

    /// Runs `command` when a core is free, with `room` as `/job`, the only place where anything stays. Answers with
    /// what it printed. On any end, also of this future, the system ends every process of the run.
    pub async fn run(&self, room: &Path, command: &[OsString], limits: Limits) -> Result<Vec<u8>, Stopped> {
        let _slot = self.slots.acquire().await;
        self.run_now(room, command, limits).await
    }

    /// The same for what is worth doing only where nobody waits; `None` when all cores are busy.
    pub async fn run_if_free(
        &self,
        room: &Path,
        command: &[OsString],
        limits: Limits,
    ) -> Option<Result<Vec<u8>, Stopped>> {
        let _slot = self.slots.try_acquire().ok()?;
        Some(self.run_now(room, command, limits).await)
    }

    /// The same without waiting for a core: for what a reader waits for.
    pub async fn run_now(
        &self,
        room: &Path,
        command: &[OsString],
        limits: Limits,
    ) -> Result<Vec<u8>, Stopped> {
        let mut child = Command::new(&self.bwrap)
            .args(around(room, self.own.as_deref()))
            .arg("--")
            .arg(&self.prlimit)
            .args(limits.arguments())
            .args(["nice", "-n", NICENESS])
            .args(command)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (out, err, pid) = (child.stdout.take(), child.stderr.take(), child.id());
        let ended = async {
            let (out, err, status) = tokio::join!(read(out), read(err), child.wait());
            Ok::<_, Stopped>((out, err, status?))
        };
        let outcome = tokio::select! {
            ended = ended => ended,
            () = tokio::time::sleep(limits.wall) => Err(Stopped::Time(limits.wall)),
            () = outgrown(pid, limits.memory) => Err(Stopped::Memory(limits.memory)),
        };
        match outcome {
            Ok((out, _, status)) if status.success() => Ok(out),
            Ok((_, err, status)) => {
                let said = String::from_utf8_lossy(&err).trim().chars().take(300).collect();
                Err(Stopped::Code { code: status.code(), said })
            }
            Err(stopped) => {
                // Bubblewrap dies, and with it the first process of its namespace, and with that all others.
                child.kill().await?;
                Err(stopped)
            }
        }
    }
}

impl Limits {
    fn arguments(self) -> [String; 4] {
        let seconds = self.wall.as_secs().max(1);
        [
            format!("--data={}", self.memory),
            format!("--cpu={seconds}"),
            format!("--fsize={FILE_BYTES}"),
            "--core=0".to_string(),
        ]
    }
}

/// The file of this program. Tests and benchmarks are programs of their own; Cargo puts them one folder below.
fn own_program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?;
    match folder.file_name().is_some_and(|name| name == "deps" || name == "examples") {
        true => Some(folder.parent()?.join("yishiting")),
        false => Some(own),
    }
}

/// What bubblewrap is told: everything closed, then what must be seen.
fn around(room: &Path, own: Option<&Path>) -> Vec<OsString> {
    let mut told: Vec<OsString> = Vec::new();
    let mut tell = |words: &[&str]| told.extend(words.iter().map(OsString::from));
    tell(&["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]);
    tell(&["--uid", "65534", "--gid", "65534", "--hostname", "sandbox"]);
    tell(&["--ro-bind", "/usr", "/usr"]);
    for root in ROOTS {
        match std::fs::read_link(root) {
            Ok(link) => tell(&["--symlink", &link.to_string_lossy(), root]),
            Err(_) => tell(&["--ro-bind-try", root, root]),
        }
    }
    for seen in VISIBLE {
        tell(&["--ro-bind-try", seen, seen]);
    }
    tell(&["--proc", "/proc", "--dev", "/dev", "--size", &TMP_BYTES.to_string(), "--tmpfs", "/tmp"]);
    tell(&["--clearenv", "--setenv", "PATH", &PATH.join(":"), "--setenv", "HOME", "/tmp"]);
    tell(&["--setenv", "LANG", "C.UTF-8", "--setenv", "SAL_USE_VCLPLUGIN", "svp"]);
    if let Some(own) = own.and_then(Path::to_str) {
        tell(&["--ro-bind-try", own, PROGRAM]);
    }
    tell(&["--bind"]);
    told.push(room.into());
    told.extend(["/job", "--chdir", "/job", "--remount-ro", "/"].map(OsString::from));
    told
}

/// The first [`OUTPUT_BYTES`]; the rest is read and dropped, so that the writer does not wait.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let Some(mut pipe) = pipe else { return Vec::new() };
    let mut kept = Vec::new();
    let read = async {
        (&mut pipe).take(OUTPUT_BYTES).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await
    };
    if let Err(error) = read.await {
        tracing::debug!(%error, "a converter's output broke off");
    }
    kept
}

/// Returns when `pid` and all processes below it hold more than `most` bytes of memory.
async fn outgrown(pid: Option<u32>, most: u64) {
    let Some(pid) = pid else { return std::future::pending().await };
    loop {
        tokio::time::sleep(LOOK).await;
        if resident(pid) > most {
            return;
        }
    }
}

/// Bytes of memory that a process and those below it hold. One that ends meanwhile holds none.
fn resident(pid: u32) -> u64 {
    const PAGE_BYTES: u64 = 4096;
    let text = |file: String| std::fs::read_to_string(file).unwrap_or_default();
    let pages = text(format!("/proc/{pid}/statm"));
    let own = pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE_BYTES;
    let below = text(format!("/proc/{pid}/task/{pid}/children"));
    own + below.split_whitespace().filter_map(|child| child.parse().ok()).map(resident).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const LIMITS: Limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(20) };

    async fn run(script: &str, limits: Limits) -> (Result<String, Stopped>, tempfile::TempDir) {
        let sandbox = Sandbox::open().await.expect("bubblewrap is installed by scripts/setup");
        let room = tempfile::tempdir().unwrap();
        let command = ["sh", "-c", script].map(OsString::from);
        let ended = sandbox.run(room.path(), &command, limits).await;
        (ended.map(|out| String::from_utf8_lossy(&out).into_owned()), room)
    }

    /// Whether a process with `word` among its arguments lives on this machine.
    fn lives(word: &str) -> bool {
        std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).split('\0').any(|argument| argument == word))
        })
    }

    #[tokio::test]
    async fn only_the_room_and_the_private_tmp_can_be_written() {
        let script = "for place in /usr/x /etc/x /x /bin/x; do (echo x > $place) 2>/dev/null && echo $place; done; \
            echo kept > /job/x; echo gone > /tmp/x; ls /";
        let (said, room) = run(script, LIMITS).await;
        let said = said.unwrap();
        for hidden in ["/usr/x", "/etc/x", "/x", "home", "root", "var/lib/postgresql"] {
            assert!(!said.lines().any(|line| line == hidden), "{hidden} in {said}");
        }
        assert_eq!(std::fs::read_to_string(room.path().join("x")).unwrap(), "kept\n");
    }

    #[tokio::test]
    async fn nobody_outside_can_be_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        // Bash opens sockets by itself; `/proc/net/dev` lists what networks there are.
        let script = format!(
            "bash -c 'echo hello > /dev/tcp/127.0.0.1/{port}' 2>/dev/null && echo reached; cat /proc/net/dev"
        );
        let (said, _room) = run(&script, LIMITS).await;
        let said = said.unwrap();
        let networks = said.lines().filter(|line| line.contains(':')).count();
        assert!(!said.contains("reached") && networks == 1 && said.contains("lo:"), "{said}");
        assert!(listener.accept().is_err());
    }

    #[tokio::test]
    async fn who_takes_too_long_is_ended_with_all_that_it_started() {
        // Children in sessions of their own: killing a process group would miss them.
        let word = format!("{}.25", 100_000 + std::process::id());
        let script = format!("setsid sleep {word} & (setsid sleep {word} &) ; sleep {word}");
        let (ended, _room) = run(&script, Limits { wall: Duration::from_secs(1), ..LIMITS }).await;
        assert!(matches!(ended, Err(Stopped::Time(_))), "{ended:?}");
        while lives(&word) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_run_that_nobody_waits_for_any_more_ends() {
        let sandbox = Sandbox::open().await.unwrap();
        let room = tempfile::tempdir().unwrap();
        let word = format!("{}.75", 200_000 + std::process::id());
        let command = ["sh", "-c", &format!("touch /job/begun; sleep {word}; true")].map(OsString::from);
        let begun = async {
            while !room.path().join("begun").exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = sandbox.run(room.path(), &command, LIMITS) => panic!("{ended:?}"),
            () = begun => {}
        }
        while lives(&word) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_that_eats_memory_is_ended_also_when_it_shares_the_work() {
        let limits = Limits { memory: 100 << 20, ..LIMITS };
        let (ended, _room) = run("head -c 300000000 /dev/zero | tail; true", limits).await;
        // The one that eats fails by its own limit, or all together by theirs.
        assert!(matches!(ended, Err(Stopped::Memory(_)) | Ok(_)), "{ended:?}");
        let eater = "(head -c 60000000 /dev/zero; sleep 30) | tail -c 60000000";
        let (ended, _room) = run(&format!("({eater}) & ({eater}) & ({eater}) & wait"), limits).await;
        assert!(matches!(ended, Err(Stopped::Memory(_))), "{ended:?}");
    }

    #[tokio::test]
    async fn an_error_says_its_code_and_the_last_words() {
        let (ended, _room) = run("echo broken >&2; exit 7", LIMITS).await;
        assert!(
            matches!(ended, Err(Stopped::Code { code: Some(7), ref said }) if said == "broken"),
            "{ended:?}"
        );
    }
}

//! LibreOffice, headless, in the sandbox: any office file becomes one PDF. Every run has a fresh profile, because
//! runs that share one fail (measured: two of four), and because nothing may pass from one document to the next.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::kind::Kind;
use super::poppler::PDF_NAME;
use super::sandbox::{Limits, MEMORY_BYTES, Sandbox, Stopped};

/// Macros off, links to other files and addresses not followed, no first-start questions.
const PROFILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"#;

/// At least this long for any document …
const WALL: Duration = Duration::from_secs(60);
/// … and this much more for each page, up to [`WALL_MOST`] (specification, section 7).
const WALL_A_PAGE: Duration = Duration::from_millis(300);
const WALL_MOST: Duration = Duration::from_secs(180);

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub(super) enum OfficeError {
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("it left {0} files and not one PDF")]
    NoPdf(usize),
    #[error("the room could not be prepared")]
    Room(#[from] std::io::Error),
}

/// How LibreOffice is started, and how long it may take for any document.
#[derive(Clone)]
pub(super) struct Program {
    pub words: Vec<OsString>,
    pub most: Duration,
}

impl Program {
    pub fn new(words: Vec<OsString>) -> Program {
        Program { words, most: WALL_MOST }
    }

    fn limits(&self, pages: u32) -> Limits {
        Limits { memory: MEMORY_BYTES, wall: (WALL + WALL_A_PAGE * pages).min(self.most) }
    }
}

/// Converts `room/in.<kind>` to `room/document.pdf`. `pages`: how many are expected, for the time limit.
pub(super) async fn to_pdf(
    sandbox: &Sandbox,
    program: &Program,
    room: &Path,
    kind: Kind,
    pages: u32,
) -> Result<(), OfficeError> {
    let command = prepare(program, room, kind).await?;
    sandbox.run(room, &command, program.limits(pages)).await?;
    only_pdf(room).await
}

/// The same where a core is free; `None` when none is.
pub(super) async fn to_pdf_if_free(
    sandbox: &Sandbox,
    program: &Program,
    room: &Path,
    kind: Kind,
) -> Option<Result<(), OfficeError>> {
    let command = match prepare(program, room, kind).await {
        Ok(command) => command,
        Err(error) => return Some(Err(error.into())),
    };
    match sandbox.run_if_free(room, &command, program.limits(1)).await? {
        Ok(_) => Some(only_pdf(room).await),
        Err(stopped) => Some(Err(stopped.into())),
    }
}

/// The name of the input in its room.
pub(super) fn input(kind: Kind) -> String {
    format!("in.{}", kind.name())
}

async fn prepare(program: &Program, room: &Path, kind: Kind) -> std::io::Result<Vec<OsString>> {
    let user = room.join("profile/user");
    tokio::fs::create_dir_all(&user).await?;
    tokio::fs::write(user.join("registrymodifications.xcu"), PROFILE).await?;
    tokio::fs::create_dir_all(room.join("out")).await?;
    let mut command = program.words.clone();
    command.extend(
        [
            "-env:UserInstallation=file:///job/profile",
            "--headless",
            "--norestore",
            "--nologo",
            "--nodefault",
            "--nolockcheck",
            "--convert-to",
            "pdf",
            "--outdir",
            "/job/out",
        ]
        .map(OsString::from),
    );
    if kind == Kind::Txt {
        // Else it would guess, and what it takes for a page of the web it draws as one.
        command.push("--infilter=Text (encoded):UTF8,LF,,,".into());
    }
    command.push(format!("/job/{}", input(kind)).into());
    Ok(command)
}

/// An exit code of 0 says nothing: a damaged file gives 0 and no PDF (measured).
async fn only_pdf(room: &Path) -> Result<(), OfficeError> {
    let mut left = Vec::new();
    let mut entries = tokio::fs::read_dir(room.join("out")).await?;
    while let Some(entry) = entries.next_entry().await? {
        left.push(entry.path());
    }
    match left.as_slice() {
        [one] if one.extension().is_some_and(|end| end == "pdf") && one.metadata()?.len() > 0 => {
            tokio::fs::rename(one, room.join(PDF_NAME)).await?;
            Ok(())
        }
        left => Err(OfficeError::NoPdf(left.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_grows_with_pages_within_its_bounds() {
        let program = Program::new(Vec::new());
        assert_eq!(program.limits(0).wall, Duration::from_secs(60));
        assert_eq!(program.limits(200).wall, Duration::from_secs(120));
        assert_eq!(program.limits(10_000).wall, Duration::from_secs(180));
        let hurried = Program { most: Duration::from_secs(1), ..program };
        assert_eq!(hurried.limits(200).wall, Duration::from_secs(1));
    }
}

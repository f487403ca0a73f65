//! `/verify`: whether a paper that somebody holds is one of ours, and the newest. Open to everybody, so it tells little
//! and may not be asked often.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::Responder;
use actix_web::web::{Data, Query, ServiceConfig, resource};
use askama::Template;
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Meetings;
use crate::base::clock;
use crate::web::{Context, Error, Layout, Limit, Page, Proof, Provers, digest};

/// Questions that one address may ask in a minute.
const QUESTIONS: Limit = Limit { name: "verify", times: 30, per: Duration::from_secs(60) };
/// Bytes of a file at most; larger than any paper of ours.
const FILE: usize = 32 << 20;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/verify").get(show).post(upload));
}

#[derive(Template)]
#[template(path = "meeting/verify.html")]
struct VerifyPage {
    page: Layout,
    typed: String,
    answer: Option<Answer>,
}

/// What the page says.
struct Answer {
    sign: &'static str,
    word: &'static str,
    next: &'static str,
    /// What it is, title, revision, time.
    about: Option<(&'static str, String, String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    d: String,
}

async fn show(
    meetings: Data<Meetings>,
    provers: Data<Provers>,
    context: Context,
    typed: Query<Typed>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let typed = typed.into_inner().d;
    if typed.trim().is_empty() {
        return Ok(Page::of(VerifyPage { page, typed: String::new(), answer: None }));
    }
    ask(&meetings, &context).await?;
    let mut found = None;
    if let Some(digest) = digest(&typed) {
        for prover in provers.iter() {
            found = found.or(prover.of_digest(&meetings.base, &digest).await?);
        }
    }
    let answer = Some(answer(&meetings, found, false));
    let typed = typed.chars().take(120).collect();
    Ok(Page::of(VerifyPage { page, typed, answer }))
}

async fn upload(
    meetings: Data<Meetings>,
    provers: Data<Provers>,
    context: Context,
    parts: Multipart,
    page: Layout,
) -> Result<impl Responder, Error> {
    ask(&meetings, &context).await?;
    let Some(hash) = hash_of(parts).await? else {
        return Err(Error::invalid("file", "文件", "请选择要核验的文件。"));
    };
    let mut found = None;
    for prover in provers.iter() {
        found = found.or(prover.of_file(&meetings.base, &hash).await?);
    }
    let answer = Some(answer(&meetings, found, true));
    Ok(Page::of(VerifyPage { page, typed: String::new(), answer }))
}

async fn ask(meetings: &Meetings, context: &Context) -> Result<(), Error> {
    let who = context.client.map_or_else(|| "unknown".to_string(), |client| client.to_string());
    QUESTIONS.check(&meetings.base, &who).await
}

fn answer(meetings: &Meetings, found: Option<Proof>, file: bool) -> Answer {
    let (sign, word, next) = match (&found, file) {
        (Some(proof), _) if proof.superseded => {
            ("sign-wait", "已有更新版本", "这一版是真的，但之后又出过新的一版。请向会务人员索取最新的一版。")
        }
        (Some(_), true) => ("sign-good", "有效", "文件与存档完全一致，是最新的一版。"),
        (Some(_), false) => {
            ("sign-good", "有效", "编码属于最新的一版。要核对内容有没有被改动，请在下面选择原文件。")
        }
        (None, true) => (
            "sign-bad",
            "未知",
            "这个文件不是本系统出具的，或者导出后被改动过（另存也算）。请向会务人员索取原文件。",
        ),
        (None, false) => (
            "sign-bad",
            "未知",
            "没有这个编码的文件。请核对 32 位编码有没有输错；没有输错，就不是本系统出具的。",
        ),
    };
    let now = meetings.base.clock.now();
    let about = found.map(|proof| {
        (proof.what, proof.title, format!("第 {} 版", proof.number), clock::zh_moment(proof.at, now))
    });
    Answer { sign, word, next, about }
}

/// The hash of the first file of a form, read piece by piece; `None` when none was chosen.
async fn hash_of(mut parts: Multipart) -> Result<Option<String>, Error> {
    let unreadable =
        |error: actix_multipart::MultipartError| Error::new("bad_request").because_of(error.to_string());
    while let Some(mut part) = parts.try_next().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            continue;
        }
        let (mut hash, mut bytes) = (Sha256::new(), 0);
        while let Some(piece) = part.next().await {
            let piece = piece.map_err(unreadable)?;
            bytes += piece.len();
            if bytes > FILE {
                return Err(Error::too_large(FILE));
            }
            hash.update(&piece);
        }
        // A browser sends an unchosen file as an empty one.
        return Ok((bytes > 0).then(|| hex::encode(hash.finalize())));
    }
    Ok(None)
}

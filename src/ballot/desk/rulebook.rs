//! The rules that items can be voted on by: listed, read, changed into a new version, and made anew after one that there is.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;

use super::After;
use super::rule_form::{self, RuleForm};
use crate::ballot::model::{ballot_template, read};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::rules::Rules;
use crate::ballot::{Ballots, template};
use crate::base::Base;
use crate::base::clock;
use crate::base::error::describe;
use crate::meeting::desk::Actors;
use crate::people::staff::Role;
use crate::web::{Administrator, Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "ballot/desk_rules.html")]
struct ListPage {
    page: Layout,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    title: String,
    body: String,
    summary: String,
    version: i32,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "ballot/desk_rule.html")]
struct RulePage {
    page: Layout,
    row: ballot_template::Model,
    lines: Vec<(&'static str, String)>,
    versions: Vec<Version>,
    may_change: bool,
    done: Option<String>,
}

struct Version {
    number: i32,
    at: String,
    by: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "ballot/desk_rule_edit.html")]
struct EditPage {
    page: Layout,
    key: String,
    /// Of the rule that it becomes, where a new one is made after this one.
    copy: Option<String>,
    form: RuleForm,
    problems: Vec<String>,
}

pub async fn list(ballots: Data<Ballots>, _user: StaffUser, page: Layout) -> Result<impl Responder, Error> {
    let rows: Result<Vec<Row>, BallotRefusal> =
        template::list(&ballots.base).await?.into_iter().map(row).collect();
    Ok(Page::of(ListPage { page: page.at("ballots"), rows: rows? }))
}

fn row(row: ballot_template::Model) -> Result<Row, BallotRefusal> {
    let rules: Rules = read(&row.rules)?;
    Ok(Row {
        summary: rules.summary(),
        kind: rules.kind.zh(),
        key: row.key,
        title: row.title,
        body: row.body,
        version: row.version,
    })
}

pub async fn show(
    ballots: Data<Ballots>,
    user: StaffUser,
    key: Path<String>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &ballots.base;
    let all = template::versions(base, &key).await?;
    let actors = Actors::read(base).await?;
    let now = base.clock.now();
    let mut versions = Vec::with_capacity(all.len());
    for one in &all {
        let rules: Rules = read(&one.rules)?;
        versions.push(Version {
            number: one.version,
            at: clock::zh_moment(one.at, now),
            by: actors.name(&one.made_by),
            summary: rules.summary(),
        });
    }
    let row = all.into_iter().next().ok_or(BallotRefusal::NoTemplate)?;
    let rules: Rules = read(&row.rules)?;
    Ok(Page::of(RulePage {
        page: page.at("ballots"),
        lines: rules.lines(),
        row,
        versions,
        may_change: user.role >= Role::Admin,
        done: after.words(),
    }))
}

pub async fn edit(
    ballots: Data<Ballots>,
    _user: Administrator,
    key: Path<String>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let row = template::newest(ballots.base.db.read(), &key).await?.ok_or(BallotRefusal::NoTemplate)?;
    let form = RuleForm::of(&template::of(&row)?);
    Ok(Page::of(EditPage { page: page.at("ballots"), key: row.key, copy: None, form, problems: Vec::new() }))
}

/// A wholly new rule begins as one that there is.
pub async fn copy(
    ballots: Data<Ballots>,
    _user: Administrator,
    key: Path<String>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let row = template::newest(ballots.base.db.read(), &key).await?.ok_or(BallotRefusal::NoTemplate)?;
    let mut form = RuleForm::of(&template::of(&row)?);
    form.title.clear();
    let copy = Some(template::new_key());
    Ok(Page::of(EditPage { page: page.at("ballots"), key: row.key, copy, form, problems: Vec::new() }))
}

async fn is_taken(base: &Base, new: &template::Template) -> Result<bool, BallotRefusal> {
    let all = template::list(base).await?;
    Ok(all.iter().any(|row| row.title == new.title.trim() && row.key != new.key))
}

/// Keeps what was typed as the newest version; everything wrong is said at once.
pub async fn save(
    request: HttpRequest,
    ballots: Data<Ballots>,
    user: Administrator,
    key: Path<String>,
    page: Layout,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let base = &ballots.base;
    let row = template::newest(base.db.read(), &key).await?.ok_or(BallotRefusal::NoTemplate)?;
    let known = template::of(&row)?;
    let fields = super::Fields(form.0);
    // Made with the page: the form sent twice is one rule.
    let copy = Some(fields.text("copy")).filter(|copy| template::is_own(copy)).map(str::to_string);
    let form = RuleForm::typed(&fields, known.rules.kind);
    let own = copy.as_deref().unwrap_or(&known.key);
    let problems = match rule_form::parse(&form, own) {
        // Who prepares a vote chooses by the title.
        Ok(new) if copy.is_some() && is_taken(base, &new).await? => {
            vec![format!("已有名称是「{}」的规则，请换一个名称", new.title)]
        }
        Ok(new) => match template::save(base, &new, &user.0.username).await {
            Ok(saved) => return Ok(see_other(&format!("/desk/ballots/{}?done=saved", saved.key))),
            Err(BallotRefusal::Invalid(_)) => new.problems(),
            Err(refusal) => return Err(refusal.into()),
        },
        Err(refusal) => vec![describe(&refusal).1],
    };
    let view = EditPage { page: page.at("ballots"), key: known.key, copy, form, problems };
    Ok(Page::refused(view).respond_to(&request))
}

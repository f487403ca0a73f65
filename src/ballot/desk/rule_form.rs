//! The form of a rule: what was typed, and the rules that it means.

use super::Fields;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::rules::{
    Base, Display, Effect, Kind, OptionRule, Pass, Presence, Press, Quorum, Role, Rules, SmallGroup, TooFew,
    Undone, When,
};
use crate::ballot::share::{Op, Share};
use crate::ballot::template::Template;

/// Rows of options that the form has, at least two of them empty.
const OPTIONS: usize = 6;

/// The fields as typed; a box that is not ticked is empty.
pub struct RuleForm {
    pub title: String,
    pub body: String,
    pub source: String,
    pub kind: Kind,
    /// Key, label, role.
    pub options: Vec<(String, String, String)>,
    pub secret: String,
    pub press: String,
    pub presence: String,
    pub quorum: ShareForm,
    pub quorum_when: String,
    pub quorum_effect: String,
    pub pass: ShareForm,
    pub pass_base: String,
    pub count_not_pressed: String,
    pub count_recused: String,
    pub recusal: String,
    pub undone: String,
    pub seconds: String,
    pub all_voted: String,
    pub display: String,
    pub advisory: String,
    pub group_least: String,
    pub group_effect: String,
    pub scrutineers: String,
    pub refusals: String,
    pub runoff: String,
    pub too_few: String,
    pub casting: String,
}

/// A share as typed; an empty operator is none.
#[derive(Default)]
pub struct ShareForm {
    pub op: String,
    pub num: String,
    pub den: String,
}

impl ShareForm {
    fn of(share: Option<Share>) -> ShareForm {
        share.map_or_else(ShareForm::default, |share| ShareForm {
            op: share.op.word().to_string(),
            num: share.num.to_string(),
            den: share.den.to_string(),
        })
    }

    fn parse(&self, called: &str) -> Result<Option<Share>, BallotRefusal> {
        let Some(op) = Op::parse(&self.op) else { return Ok(None) };
        let number = |text: &str| {
            text.trim().parse().map_err(|_| BallotRefusal::Invalid(format!("{called}的分子和分母应是数字")))
        };
        Ok(Some(Share { op, num: number(&self.num)?, den: number(&self.den)? }))
    }
}

fn ticked(on: bool) -> String {
    if on { "yes" } else { "" }.to_string()
}

fn number(value: Option<i64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

impl RuleForm {
    /// A rule as it stands.
    pub fn of(template: &Template) -> RuleForm {
        let rules = &template.rules;
        let mut options: Vec<_> = rules
            .options
            .iter()
            .map(|option| (option.key.clone(), option.label.clone(), option.role.word().to_string()))
            .collect();
        options.resize(OPTIONS.max(options.len() + 2), Default::default());
        RuleForm {
            title: template.title.clone(),
            body: template.body.clone(),
            source: template.source.clone(),
            kind: rules.kind,
            options,
            secret: ticked(rules.secret),
            press: rules.press.word().to_string(),
            presence: rules.presence.word().to_string(),
            quorum: ShareForm::of(rules.quorum.as_ref().map(|quorum| quorum.share)),
            quorum_when: rules.quorum.as_ref().map_or("open", |quorum| quorum.when.word()).to_string(),
            quorum_effect: rules.quorum.as_ref().map_or("block", |quorum| quorum.effect.word()).to_string(),
            pass: ShareForm::of(rules.pass.as_ref().map(|pass| pass.share)),
            pass_base: rules.pass.as_ref().map_or("all", |pass| pass.base.word()).to_string(),
            count_not_pressed: ticked(rules.count_not_pressed),
            count_recused: ticked(rules.count_recused),
            recusal: ticked(rules.recusal),
            undone: rules.undone_votes.word().to_string(),
            seconds: number(rules.seconds),
            all_voted: ticked(rules.end_when_all_voted),
            display: rules.display.word().to_string(),
            advisory: ticked(rules.advisory),
            group_least: rules.small_group.least.to_string(),
            group_effect: rules.small_group.effect.word().to_string(),
            scrutineers: rules.scrutineers.to_string(),
            refusals: number(rules.refusals),
            runoff: ticked(rules.runoff),
            too_few: rules.too_few.word().to_string(),
            casting: ticked(rules.casting_vote),
        }
    }

    /// What was typed. The kind of a rule stays what it is.
    pub(super) fn typed(fields: &Fields, kind: Kind) -> RuleForm {
        let text = |name: &str| fields.text(name).to_string();
        let share = |name: &str| ShareForm {
            op: text(&format!("{name}_op")),
            num: text(&format!("{name}_num")),
            den: text(&format!("{name}_den")),
        };
        let mut options: Vec<_> = fields
            .all("option_key")
            .zip(fields.all("option_label"))
            .zip(fields.all("option_role"))
            .map(|((key, label), role)| (key.to_string(), label.to_string(), role.to_string()))
            .collect();
        options.resize(OPTIONS.max(options.len()), Default::default());
        RuleForm {
            title: text("title"),
            body: text("body"),
            source: text("source"),
            kind,
            options,
            secret: text("secret"),
            press: text("press"),
            presence: text("presence"),
            quorum: share("quorum"),
            quorum_when: text("quorum_when"),
            quorum_effect: text("quorum_effect"),
            pass: share("pass"),
            pass_base: text("pass_base"),
            count_not_pressed: text("count_not_pressed"),
            count_recused: text("count_recused"),
            recusal: text("recusal"),
            undone: text("undone"),
            seconds: text("seconds"),
            all_voted: text("all_voted"),
            display: text("display"),
            advisory: text("advisory"),
            group_least: text("group_least"),
            group_effect: text("group_effect"),
            scrutineers: text("scrutineers"),
            refusals: text("refusals"),
            runoff: text("runoff"),
            too_few: text("too_few"),
            casting: text("casting"),
        }
    }
}

/// The template that was typed; whether it is possible is for [`Template::problems`].
pub fn parse(form: &RuleForm, key: &str) -> Result<Template, BallotRefusal> {
    let pass = form.pass.parse("通过比例")?;
    let quorum = form.quorum.parse("法定人数")?;
    let on = |text: &String| !text.is_empty();
    Ok(Template {
        key: key.to_string(),
        title: form.title.trim().to_string(),
        body: form.body.trim().to_string(),
        source: form.source.trim().replace("\r\n", "\n"),
        rules: Rules {
            kind: form.kind,
            options: options(form)?,
            secret: on(&form.secret),
            press: Press::parse(&form.press).unwrap_or(Press::First),
            presence: Presence::parse(&form.presence).unwrap_or(Presence::SignedIn),
            quorum: quorum.map(|share| Quorum {
                share,
                when: When::parse(&form.quorum_when).unwrap_or(When::Open),
                effect: Effect::parse(&form.quorum_effect).unwrap_or(Effect::Block),
            }),
            pass: pass.map(|share| Pass { base: Base::parse(&form.pass_base).unwrap_or(Base::All), share }),
            count_not_pressed: on(&form.count_not_pressed),
            count_recused: on(&form.count_recused),
            recusal: on(&form.recusal),
            undone_votes: Undone::parse(&form.undone).unwrap_or(Undone::Stands),
            seconds: whole(&form.seconds, "限时")?,
            end_when_all_voted: on(&form.all_voted),
            display: Display::parse(&form.display).unwrap_or(Display::AfterClose),
            advisory: on(&form.advisory),
            small_group: SmallGroup {
                least: whole(&form.group_least, "人数下限")?.unwrap_or(5),
                effect: Effect::parse(&form.group_effect).unwrap_or(Effect::Block),
            },
            scrutineers: whole(&form.scrutineers, "监票人数")?.unwrap_or(0),
            refusals: whole(&form.refusals, "未通过的次数")?,
            runoff: on(&form.runoff),
            too_few: TooFew::parse(&form.too_few).unwrap_or(TooFew::Vacancy),
            casting_vote: on(&form.casting),
        },
    })
}

fn whole(text: &str, called: &str) -> Result<Option<i64>, BallotRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| BallotRefusal::Invalid(format!("{called}应是数字")))
}

/// Rows without a label are left out; a new option gets a key of its own.
fn options(form: &RuleForm) -> Result<Vec<OptionRule>, BallotRefusal> {
    let mut options: Vec<OptionRule> = Vec::new();
    for (key, label, role) in form.options.iter().filter(|(_, label, _)| !label.trim().is_empty()) {
        let role = Role::parse(role)
            .ok_or_else(|| BallotRefusal::Invalid(format!("请选择「{}」的含义", label.trim())))?;
        let mut key = if key.is_empty() { role.word().to_string() } else { key.clone() };
        if options.iter().any(|known| known.key == key) {
            key = format!("{key}_{}", options.len() + 1);
        }
        options.push(OptionRule { key, label: label.trim().to_string(), role });
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::rules::samples::{election, motion};

    fn template(rules: Rules) -> Template {
        Template {
            key: "own".to_string(),
            title: "常委会表决".to_string(),
            body: "常委会".to_string(),
            source: "议事规则".to_string(),
            rules,
        }
    }

    #[test]
    fn a_rule_comes_back_from_its_form_unchanged() {
        for rules in [motion(), election(), Rules { seconds: Some(90), refusals: Some(2), ..motion() }] {
            let known = template(rules);
            assert_eq!(parse(&RuleForm::of(&known), "own").unwrap(), known);
        }
    }

    #[test]
    fn a_new_option_gets_a_key_and_an_empty_row_is_no_option() {
        let mut form = RuleForm::of(&template(motion()));
        form.options[3] = (String::new(), "缓议".to_string(), "defer".to_string());
        let rules = parse(&form, "own").unwrap().rules;
        assert_eq!(rules.options.len(), 4);
        assert_eq!(rules.options[3].key, "defer");
        form.pass.den = "许多".to_string();
        assert!(parse(&form, "own").is_err());
    }
}

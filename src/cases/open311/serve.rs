//! `/open311/v2`: the calls of GeoReport v2. The format is the ending of the path; without one it is what the client
//! accepts, XML unless it says JSON. Every answer, also a refusal, is in that format.

use actix_web::http::header::ACCEPT;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data, Path, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::form::{Filter, NewRequest, NewUpdate, updates_window};
use super::{Answer, Created, Definition, Fault, Format, Service, find};
use crate::base::error::{Coded, describe};
use crate::cases::Cases;
use crate::cases::act::Act;
use crate::cases::decide::Command;
use crate::cases::model::{Kind, Track};
use crate::cases::partner::Caller;
use crate::cases::submit::{self, Filing, PLACE};
use crate::cases::view::Reader;
use crate::cases::write;
use crate::web::{Context, Error};

/// Characters of a title that is made of a description.
const TITLE: usize = 30;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/open311/v2/{call:.*}").get(answer).post(answer));
}

type Outcome = Result<Answer, Vec<Fault>>;

fn fault(code: i64, text: &str) -> Vec<Fault> {
    vec![Fault::new(code, text)]
}

/// One of our errors in the words of this protocol.
fn refused(error: &dyn Coded) -> Vec<Fault> {
    let (status, text) = describe(error);
    if status >= 500 {
        tracing::error!(%error, "Open311");
    }
    // The protocol knows 400 for all that is wrong with what was sent.
    let code = if [409, 422].contains(&status) { 400 } else { i64::from(status) };
    fault(code, &text)
}

fn broken(error: sea_orm::DbErr) -> Vec<Fault> {
    tracing::error!(%error, "Open311");
    fault(503, "服务暂时不可用，请稍后再试。")
}

async fn answer(
    request: HttpRequest,
    cases: Data<Cases>,
    context: Context,
    call: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Error> {
    let call = call.into_inner();
    let (name, ending) = match call.rsplit_once('.') {
        Some((name, ending)) if !ending.contains('/') => (name, Some(ending)),
        _ => (call.as_str(), None),
    };
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wished = if accepts.contains("json") { Format::Json } else { Format::Xml };
    let known = ending.map(Format::of_extension);
    let format = known.flatten().unwrap_or(wished);
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let post = request.method() == Method::POST;
    let outcome = match (known, body) {
        (Some(None), _) => Err(fault(404, "只有 .xml 和 .json 两种格式。")),
        (_, Err(_)) => Err(fault(413, "内容太大。")),
        (_, Ok(body)) => {
            pairs.extend(url::form_urlencoded::parse(&body).into_owned());
            let asked = Asked { cases: &cases, pairs: &pairs, context: &context };
            // The database stores none, and nobody types one.
            match pairs.iter().any(|(_, value)| value.contains('\0')) {
                true => Err(fault(400, "内容里不能有空字符。")),
                false => asked.answer(post, &name.split('/').collect::<Vec<_>>()).await,
            }
        }
    };
    let answer = outcome.unwrap_or_else(Answer::Faults);
    let status = match &answer {
        Answer::Faults(faults) => {
            let code = faults.first().and_then(|fault| u16::try_from(fault.code).ok()).unwrap_or(500);
            StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Answer::Created(_) if post => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    let text = format.render(&answer).map_err(|error| Error::new("internal").because(error))?;
    Ok(HttpResponse::build(status).content_type(format.content_type()).body(text))
}

struct Asked<'a> {
    cases: &'a Cases,
    pairs: &'a [(String, String)],
    context: &'a Context,
}

impl Asked<'_> {
    fn said(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, value)| key == name && !value.trim().is_empty());
        found.map(|(_, value)| value.trim())
    }

    async fn answer(&self, post: bool, call: &[&str]) -> Outcome {
        match (post, call) {
            (false, ["services"]) => Ok(Answer::Services(self.services())),
            (false, ["services", code]) => self.definition(code),
            (false, ["requests"]) => self.requests().await,
            (false, ["requests", id]) => {
                self.request(id).await.map(|request| Answer::Requests(vec![request]))
            }
            (false, ["tokens", id]) => {
                // The number is given at once, so a token is the number itself.
                let service_request_id = self.request(id).await?.service_request_id;
                Ok(Answer::Created(vec![Created { service_request_id, ..Created::default() }]))
            }
            (false, ["servicerequestupdates"]) => self.updates().await,
            (true, ["requests"]) => self.file().await,
            (true, ["servicerequestupdates"]) => self.update().await,
            _ => Err(fault(404, "没有这个接口，或不支持这种请求方法。")),
        }
    }

    /// Who holds the key, where one was shown; a wrong one is refused, also for what needs none.
    async fn caller(&self) -> Result<Option<Caller>, Vec<Fault>> {
        let Some(key) = self.said("api_key") else { return Ok(None) };
        let found = Caller::of_key(self.cases, key).await.map_err(broken)?;
        found.map(Some).ok_or_else(|| fault(403, "api_key 无效。"))
    }

    async fn system(&self) -> Result<Caller, Vec<Fault>> {
        self.caller().await?.ok_or_else(|| fault(403, "缺少 api_key。"))
    }

    fn services(&self) -> Vec<Service> {
        let categories = self.cases.units.categories().iter();
        categories
            .map(|category| Service {
                service_code: category.code.clone(),
                service_name: category.name.clone(),
                description: None,
                metadata: false,
                kind: "realtime".to_string(),
                keywords: None,
                group: Some(category.group.clone()),
            })
            .collect()
    }

    /// No category asks further questions.
    fn definition(&self, code: &str) -> Outcome {
        match self.cases.units.category(code) {
            Some(category) => Ok(Answer::Definition(Definition {
                service_code: category.code.clone(),
                attributes: Vec::new(),
            })),
            None => Err(fault(404, "没有这个 service_code。")),
        }
    }

    async fn requests(&self) -> Outcome {
        let caller = self.caller().await?;
        let filter = Filter::read(self.pairs, self.cases.store.clock.now())?;
        let found = find::requests(self.cases, caller.as_ref(), &filter).await;
        found.map(Answer::Requests).map_err(|error| refused(&error))
    }

    async fn request(&self, id: &str) -> Result<super::Request, Vec<Fault>> {
        let caller = self.caller().await?;
        let extensions = self.said("extensions") == Some("true");
        let now = self.cases.store.clock.now();
        let found = find::one(self.cases, caller.as_ref(), id, extensions, now).await;
        found.map_err(|error| refused(&error))?.ok_or_else(|| fault(404, "没有找到这件诉求。"))
    }

    async fn updates(&self) -> Outcome {
        let caller = self.caller().await?;
        let window = updates_window(self.pairs, self.cases.store.clock.now())?;
        find::updates(self.cases, caller.as_ref(), window).await.map(Answer::Updates).map_err(broken)
    }

    async fn file(&self) -> Outcome {
        let caller = self.system().await?;
        let new = NewRequest::read(self.pairs)?;
        if self.cases.units.category(&new.service_code).is_none() {
            return Err(fault(404, "没有这个 service_code。"));
        }
        let actor = caller.files_as().ok_or_else(|| fault(403, "api_key 无效。"))?;
        let filing = filing(&caller, new, &self.context.request_id)?;
        let filed = submit::submit(self.cases, &actor, filing).await.map_err(|error| refused(&error))?;
        Ok(Answer::Created(vec![Created {
            service_request_id: filed.public_no.to_string(),
            service_notice: Some("待审核".to_string()),
            account_id: None,
        }]))
    }

    /// What a system adds to a case that it filed. How the case goes on is for offices: a status alone changes nothing.
    async fn update(&self) -> Outcome {
        let caller = self.system().await?;
        let update = NewUpdate::read(self.pairs)?;
        if update.description.is_empty() {
            return Err(fault(400, "只接受 description；办理状态由承办单位更新。"));
        }
        let number: i64 = update.service_request_id.parse().map_err(|_| fault(404, "没有找到这件诉求。"))?;
        let found = caller.case(self.cases, number).await.map_err(broken)?;
        let Some((file, Reader::Author)) = found else {
            return Err(fault(404, "没有找到这件诉求。"));
        };
        let actor = caller.acts_for(&file, Reader::Author, Act::AddFacts);
        let actor = actor.ok_or_else(|| fault(403, "api_key 无效。"))?;
        let call = write::Call {
            seen: None,
            op: Some(format!("open311:{}:{}", actor.who, update.update_id)),
            request_id: self.context.request_id.clone(),
        };
        let command = Command { text: update.description, ..Command::default() };
        let done = write::act(self.cases, &actor, file.id, Act::AddFacts, &command, &call).await;
        done.map_err(|error| refused(&error))?;
        Ok(Answer::Updated(vec![update.update_id]))
    }
}

fn filing(caller: &Caller, new: NewRequest, request_id: &str) -> Result<Filing, Vec<Fault>> {
    if new.description.is_empty() {
        return Err(fault(400, "缺少 description。"));
    }
    let place = new.address_string.or(new.address_id).unwrap_or_default();
    if place.chars().count() > PLACE {
        return Err(fault(400, "address_string 不能超过 60 字。"));
    }
    let line = new.description.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let title: String = line.chars().take(TITLE).collect();
    // Their picture is named, and never fetched: it may stand anywhere.
    let body = match &new.media_url {
        Some(url) => format!("{}\n图片：{url}", new.description),
        None => new.description.clone(),
    };
    let person = [new.last_name, new.first_name, new.phone, new.email];
    let contact = person.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let external = new.attributes.get("external_id").and_then(|given| given.first());
    Ok(Filing {
        op: external.cloned().unwrap_or_else(|| Uuid::now_v7().to_string()),
        source: caller.source(),
        author: None,
        proxy: None,
        track: Track::Inquiry,
        kind: Kind::Help,
        category: new.service_code,
        title,
        body,
        place,
        spot: new.at,
        // Who does not check whom it speaks for, says nothing of them.
        contact: if caller.trusted() { contact } else { String::new() },
        confidential: false,
        accused_unit: None,
        photos: Vec::new(),
        request_id: request_id.to_string(),
    })
}

//! The server: every feature's routes and skills on one listener, from `ready` to a clean stop.
//! The only file that names every feature.

mod health;
mod hooks;
mod listen;
mod metrics;
mod notices;
pub mod openapi;
pub mod ownership;
mod polls;
mod running;
mod sweep;
mod votes;
mod welcome;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig, resource, scope};
use actix_web::{App, HttpServer};

use crate::ballot::Ballots;
use crate::ballot::closer::CloseJob;
use crate::ballot::keeper::SecretRounds;
use crate::ballot::notice::BallotOccasion;
use crate::ballot::poll::{self, Polls};
use crate::base::Base;
use crate::base::config::ConfigError;
use crate::base::privacy::reseal::Sealed;
use crate::cases::Cases;
use crate::cases::notice::{CaseEars, CaseOccasion};
use crate::chat::{Chat, Replies, Skill};
use crate::document::Documents;
use crate::meeting::reminder::{self, MeetingOccasion, ReminderJob};
use crate::meeting::scene::SceneJob;
use crate::meeting::{MeetingSkill, Meetings};
use crate::movecar::heard::Ears;
use crate::movecar::notice::OwnerOccasion;
use crate::movecar::{CarSkill, Movecar};
use crate::notify::phone::{self, Listener, Phones, Purpose};
use crate::notify::{Notifier, Templates};
use crate::web::{NavEntry, Provers, Web, by_platform, frame, head, see_other};
use crate::wechat::api::Api;
use crate::wechat::callback::Account;
use crate::{ballot, cases, console, jobs, meeting, movecar, notify, people};

pub use listen::listen;
pub use running::{Running, Signals};
pub use sweep::forget;
pub use welcome::Welcome;

/// What one process does; by default all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Pages, API and the platform's callback.
    Web,
    /// Jobs and clean-up.
    Worker,
}

const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long a client may take to send its request's head.
const REQUEST_HEAD: Duration = Duration::from_secs(10);

/// rustls takes its cryptography from the process. Done before anything may connect; a repeat changes nothing.
pub fn install_crypto() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("installed already");
    }
}

/// Everything built and not yet serving.
pub struct Server {
    base: Base,
    web: Web,
    meetings: Meetings,
    ballots: Ballots,
    polls: Polls,
    documents: Documents,
    cars: Movecar,
    cases: Cases,
    notifier: Notifier,
    phones: Phones,
    /// Absent where no official account is configured: then there are only pages.
    chat: Option<Arc<Chat>>,
    worker: jobs::Worker,
    /// The demo's first page.
    welcome: Option<Welcome>,
}

impl Server {
    /// Joins the features to `base`. Must be called inside the program's main runtime.
    pub async fn build(base: Base) -> anyhow::Result<Server> {
        let replies = Replies::load(&base.config)?;
        let mut web = Web::new(base.clone()).navigating(navigation());
        let mut chat = None;
        let mut handlers: Vec<Arc<dyn jobs::Handler>> = Vec::new();
        let meetings = Meetings::start(base.clone()).kept_by(vec![Arc::new(SecretRounds)]);
        ballot::template::ship(&base, &ballot::template::load(&base.config)?).await?;
        let ballots = Ballots::start(base.clone());
        let polls = Polls::start(base.clone());
        let meetings = meetings.beside(vec![
            Arc::new(votes::VotesBeside(ballots.clone())),
            Arc::new(polls::PollsBeside(polls.clone())),
        ]);
        handlers.push(Arc::new(CloseJob(base.clone())));
        let documents = Documents::new(base.clone());
        handlers.extend(documents.handlers());
        let templates = Templates::load(&base.config, &notice_kinds())?;
        let settings = base.config.wechat.clone();
        let api = settings.map(|it| Api::new(it, base.cache.clone(), base.clock.clone())).transpose()?;
        let cases = Cases::start(base.clone()).await?;
        let occasions: Vec<Arc<dyn notify::Occasion>> = vec![
            Arc::new(MeetingOccasion(base.clone())),
            Arc::new(BallotOccasion(base.clone())),
            Arc::new(OwnerOccasion(base.clone())),
            Arc::new(CaseOccasion(cases.clone())),
        ];
        let notifier = Notifier::new(base.clone(), api.clone(), templates, occasions);
        handlers.push(notifier.handler());
        let cars = Movecar::start(base.clone())?;
        handlers.extend(cars.handlers());
        handlers.extend(cases.handlers());
        let said = phone::Settings::load(&base.config, &purposes())?;
        let phones = Phones::new(base.clone(), said, listeners(&cars))?;
        handlers.extend(phones.handlers());
        handlers.push(Arc::new(ReminderJob(base.clone())));
        if let Some(api) = api {
            web = web.identifying(by_platform(api.clone())).signing(api.clone());
            handlers.push(Arc::new(SceneJob { base: base.clone(), api: api.clone() }));
            let account = Account::from_settings(api.settings())
                .map_err(|error| ConfigError(vec![error.to_string()]))?;
            let skills: Vec<Arc<dyn Skill>> = vec![
                Arc::new(MeetingSkill::new(meetings.clone())),
                Arc::new(CarSkill::new(cars.clone(), api.clone())),
                Arc::new(notices::NoticeEvents(notifier.clone())),
            ];
            chat = Some(Arc::new(Chat::new(base.clone(), account, api, skills, replies)));
        }
        let worker = jobs::Worker::new(base.clone(), handlers);
        Ok(Server {
            base,
            web,
            meetings,
            ballots,
            polls,
            documents,
            cars,
            cases,
            notifier,
            phones,
            chat,
            worker,
            welcome: None,
        })
    }

    /// Shows the demo's page at `/`; without it `/` leads to the manual.
    pub fn welcoming(mut self, welcome: Welcome) -> Server {
        self.welcome = Some(welcome);
        self
    }

    pub fn meetings(&self) -> Meetings {
        self.meetings.clone()
    }

    pub fn ballots(&self) -> Ballots {
        self.ballots.clone()
    }

    pub fn phones(&self) -> Phones {
        self.phones.clone()
    }

    pub fn cars(&self) -> Movecar {
        self.cars.clone()
    }

    pub fn cases(&self) -> Cases {
        self.cases.clone()
    }

    pub fn documents(&self) -> Documents {
        self.documents.clone()
    }

    /// What runs the jobs of all features; tests step it themselves.
    pub fn worker(&self) -> jobs::Worker {
        self.worker.clone()
    }

    /// Starts serving on `listener` and working, each if `roles` says so.
    pub fn start(self, listener: TcpListener, roles: &[Role]) -> anyhow::Result<Running> {
        let Server {
            base,
            web,
            meetings,
            ballots,
            polls,
            documents,
            cars,
            cases,
            notifier,
            phones,
            chat,
            worker,
            welcome,
        } = self;
        let address = listener.local_addr()?;
        base.tasks.spawn(cases::year::follow(cases.clone()));
        let metrics = Data::new(metrics::Metrics::start(&base, worker.clone())?);
        if roles.contains(&Role::Worker) {
            base.tasks.spawn(worker.run());
            base.tasks.spawn(cases::webhook::deliver::run(cases.clone()));
            base.tasks.spawn(sweep::run(base.clone(), documents.clone(), cases.clone()));
        }
        let (site, chat, phones) = match roles.contains(&Role::Web) {
            true => (
                Some(Site { web, meetings, ballots, polls, documents, cars, cases, notifier, welcome }),
                chat,
                Some(phones),
            ),
            false => (None, None, None),
        };
        let shared = Data::new(base.clone());
        let server = HttpServer::new(move || {
            let (site, chat, metrics) = (site.clone(), chat.clone(), metrics.clone());
            let phones = phones.clone();
            App::new()
                .app_data(shared.clone())
                .app_data(metrics)
                .wrap(from_fn(metrics::count))
                .wrap(from_fn(head))
                // The platform's and providers' pushes pass by everything that is made for browsers.
                .configure(move |app| chat.iter().for_each(|chat| chat.routes(app)))
                .configure(move |app| phones.iter().for_each(|phones| hooks::routes(app, phones)))
                .configure(health::routes)
                .configure(metrics::routes)
                .configure(move |app| site.iter().for_each(|site| site.routes(app)))
        })
        .workers(std::thread::available_parallelism().map_or(1, usize::from))
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_HEAD)
        .shutdown_timeout(running::FINISH_REQUESTS_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
        Ok(Running { base, address, handle: server.handle(), served: tokio::spawn(server) })
    }
}

/// Every column of sealed values, for the change of the master key.
pub fn sealed() -> Vec<Sealed> {
    [
        people::SEALED.as_slice(),
        meeting::SEALED.as_slice(),
        phone::SEALED.as_slice(),
        &movecar::SEALED,
        &cases::SEALED,
    ]
    .concat()
}

/// The features that send short messages or call, each with its [`purposes`].
fn listeners(cars: &Movecar) -> Vec<Arc<dyn Listener>> {
    vec![Arc::new(Ears(Arc::new(cars.clone()))), Arc::new(CaseEars)]
}

/// All kinds of notices, as the operator's templates name them.
pub fn notice_kinds() -> Vec<&'static str> {
    [reminder::kinds(), vec![ballot::notice::KIND, movecar::notice::KIND, cases::notice::KIND]].concat()
}

/// All that is said by phone.
pub fn purposes() -> Vec<Purpose> {
    [movecar::heard::PURPOSES.as_slice(), &cases::notice::PURPOSES].concat()
}

/// The desk's navigation, in the order that staff see it.
fn navigation() -> Vec<NavEntry> {
    [
        meeting::NAVIGATION.as_slice(),
        &ballot::NAVIGATION,
        &movecar::NAVIGATION,
        &cases::NAVIGATION,
        &console::NAVIGATION,
    ]
    .concat()
}

/// Who answers for papers of ours.
fn provers() -> Provers {
    vec![Arc::new(meeting::sheet::proof::Sheets), Arc::new(ballot::proof::Reports)]
}

/// Everything that people see, and the API.
#[derive(Clone)]
struct Site {
    web: Web,
    meetings: Meetings,
    ballots: Ballots,
    polls: Polls,
    documents: Documents,
    cars: Movecar,
    cases: Cases,
    notifier: Notifier,
    welcome: Option<Welcome>,
}

impl Site {
    fn routes(&self, app: &mut ServiceConfig) {
        app.app_data(Data::new(self.web.clone()))
            .app_data(Data::new(self.meetings.clone()))
            .app_data(Data::new(self.ballots.clone()))
            .app_data(Data::new(self.polls.clone()))
            .app_data(Data::new(self.documents.clone()))
            .app_data(Data::new(self.cars.clone()))
            .app_data(Data::new(self.cases.clone()))
            .app_data(Data::new(self.notifier.clone()))
            .app_data(Data::new(vec![
                meeting::AUDIT,
                ballot::AUDIT,
                poll::AUDIT,
                movecar::AUDIT,
                cases::AUDIT,
                console::AUDIT,
            ]))
            .app_data(Data::new(provers()))
            .service(
                scope("")
                    .wrap(from_fn(frame))
                    .configure(|routes| self.web.routes(routes))
                    .configure(meeting::page_routes)
                    .configure(ballot::page_routes)
                    .configure(movecar::page_routes)
                    .configure(cases::page_routes)
                    .configure(ballot::screen_routes)
                    .configure(poll::page_routes)
                    .configure(poll::screen_routes)
                    .configure(meeting::filed_routes)
                    .configure(meeting::screen_routes)
                    .configure(meeting::desk_routes)
                    .configure(meeting::api_routes)
                    .configure(ballot::desk_routes)
                    .configure(movecar::desk_routes)
                    .configure(movecar::api_routes)
                    .configure(cases::desk_routes)
                    .configure(cases::api_routes)
                    .configure(cases::open311::routes)
                    .configure(ballot::api_routes)
                    .configure(poll::desk_routes)
                    .configure(poll::api_routes)
                    .configure(console::routes)
                    .configure(openapi::routes)
                    .configure(ownership::routes)
                    .configure(|routes| self.first_page(routes)),
            );
    }

    fn first_page(&self, routes: &mut ServiceConfig) {
        match &self.welcome {
            Some(welcome) => {
                routes.app_data(Data::new(welcome.clone())).service(resource("/").get(welcome::show));
            }
            None => {
                routes.service(resource("/").get(|| async { see_other("/help") }));
            }
        }
    }
}

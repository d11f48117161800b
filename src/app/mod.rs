//! What the user is doing: pure. One message in, new state and a list of effects out.

pub mod actions;
pub mod changes;
pub mod command;
pub mod completion;
pub mod confirm;
pub mod cursor;
pub mod effect;
pub mod export;
pub mod findings;
pub mod interests;
pub mod invoke;
pub mod keymap;
pub mod keys;
mod leads;
pub mod learning;
pub mod line;
pub mod message;
mod outcome;
pub mod overlay;
pub mod palette;
pub mod pointer;
mod prompt;
pub mod provision;
pub mod query;
pub mod regions;
pub mod selected;
pub mod step;
mod steps;
pub mod tabs;
pub mod toast;
pub mod trail;
pub mod watch;

use std::collections::HashMap;

use chrono::{FixedOffset, Offset, TimeDelta, Utc};

use crate::config::{Config, Writes};
use crate::model::function::Routing;
use crate::model::identity::Scope;
use crate::model::trouble::Trouble;
use crate::store::Store;
use crate::store::feed::Feed;
use crate::store::logs::LogStore;
use crate::time::{Clock, Moment, TimeWindow};
use actions::Expected;
use actions::reserve::SwitchedOff;
use command::Place;
use effect::{Change, Effect};
use keymap::Keymap;
use message::{Message, Traffic};
use overlay::Overlay;
use regions::Regions;
use tabs::apis::Apis;
use tabs::functions::Functions;
use tabs::logs::Logs;
use tabs::overview::Overview;
use tabs::traces::Traces;
use tabs::{Context, Learnt, Tab};
use toast::Notices;
use trail::Visit;
use watch::Watch;

/// How this run came to its account, known before AWS has said a word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// Profile, where one is in use.
    pub profile: Option<String>,
    /// Region.
    pub region: String,
    /// Custom endpoint.
    pub endpoint: Option<String>,
    /// Scenario of the embedded account.
    pub demo: Option<String>,
    /// Why no change can be made, where that is so: `--read-only`, or the profile's rule.
    pub read_only: Option<String>,
    /// How a change is confirmed.
    pub writes: Writes,
    /// Functions that the audit file knows to have been switched off from here.
    pub switched_off: Vec<SwitchedOff>,
}

/// The state of the program.
pub struct App {
    clock: Clock,
    /// The present, as of the last message.
    pub now: Moment,
    /// Distance from UTC at which times of day are shown; UTC until somebody sets it.
    pub offset: FixedOffset,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The configuration.
    pub config: Config,
    /// Which key means what.
    pub keymap: Keymap,
    /// How this run came to its account.
    pub origin: Origin,
    /// What we know.
    pub store: Store,
    /// The tab on screen.
    pub tab: Tab,
    /// Overview.
    pub overview: Overview,
    /// Functions.
    pub functions: Functions,
    /// Logs.
    pub logs: Logs,
    /// Traces.
    pub traces: Traces,
    /// APIs.
    pub apis: Apis,
    /// Tabs that were left by a jump, for Esc.
    pub trail: Vec<Visit>,
    /// Popups, the top one last.
    pub overlays: Vec<Overlay>,
    /// The time window of all tabs.
    pub window: TimeWindow,
    /// Messages and errors.
    pub notices: Notices,
    /// What polling costs.
    pub traffic: Traffic,
    /// Polling is paused by the user.
    pub paused: bool,
    /// The terminal has the focus.
    pub focused: bool,
    /// The mouse is ours.
    pub mouse: bool,
    last_input: Moment,
    refresh: u64,
    /// What is kept of invokes.
    pub invokes: invoke::Shelves,
    /// What is watched until it is done.
    pub watches: Vec<Watch>,
    /// An action that waits for what it needs to know.
    pub expected: Option<Expected>,
    /// Functions that were switched off from here, in the order of time: what they had before.
    pub switched_off: Vec<SwitchedOff>,
    /// Where aliases led before they were moved, as far as that was seen: by function and alias.
    pub led_before: HashMap<(String, String), Routing>,
    /// Changes made, the last of which `U` undoes.
    pub undoable: Vec<Change>,
    /// Since when we are leaving, and only wait for a query to be stopped.
    quitting: Option<Moment>,
    /// Changes sent and not answered yet.
    pub pending: Vec<Change>,
    /// What was last in the way of the whole account, and how often since AWS answered anything.
    global: Option<(Trouble, u32)>,
    /// AWS has answered at least once.
    answered: bool,
    unlearnt: Vec<Learnt>,
    /// The tail whose lines are in store.
    tail: u64,
    learnt_at: Option<Moment>,
}

/// Derived orders (ten thousand functions sorted) are made anew at most this often.
const LEARNING_PAUSE: TimeDelta = TimeDelta::milliseconds(250);

/// Lines that the indexes of the log read at once: some milliseconds.
const INDEXED: usize = 4_000;

impl App {
    /// A program that knows nothing yet.
    pub fn new(config: Config, keymap: Keymap, origin: Origin, clock: Clock, size: (u16, u16)) -> App {
        let now = clock.now();
        let switched_off = origin.switched_off.clone();
        App {
            clock,
            now,
            offset: Utc.fix(),
            size,
            window: TimeWindow::last(config.ui.window),
            mouse: config.ui.mouse,
            keymap,
            origin,
            store: Store {
                logs: LogStore::new(usize::try_from(config.logs.cap).unwrap_or(usize::MAX)),
                ..Store::default()
            },
            tab: Tab::Overview,
            overview: Overview::default(),
            functions: Functions::new(&config.functions),
            logs: Logs::default(),
            traces: Traces::default(),
            apis: Apis::default(),
            trail: Vec::new(),
            overlays: Vec::new(),
            notices: Notices::default(),
            traffic: Traffic::default(),
            paused: false,
            focused: true,
            last_input: now,
            refresh: 0,
            invokes: invoke::Shelves::default(),
            watches: Vec::new(),
            expected: None,
            switched_off,
            led_before: HashMap::new(),
            undoable: Vec::new(),
            quitting: None,
            pending: Vec::new(),
            global: None,
            answered: false,
            unlearnt: Vec::new(),
            tail: 0,
            learnt_at: None,
            config,
        }
    }

    /// One message in; new state, and what is to be done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        self.now = self.clock.now();
        let mut effects = self.take_in(message);
        self.drop_outdated();
        if self.has_parted() {
            effects.push(Effect::Quit);
        }
        if self.overview.snoozes.take_changed() {
            effects.push(Effect::KeepSnoozes(self.overview.snoozes.lines()));
        }
        if self.tab == Tab::Logs {
            effects.extend(self.logs.ask_jq(&self.store.logs));
            let steps = self.with_tabs(|tabs, cx| tabs.logs.export_on(cx));
            effects.extend(self.take(steps));
            if self.logs.panel.needs_indexes() {
                self.store.logs.index();
            }
        }
        effects
    }

    fn take_in(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Key(key) => {
                self.last_input = self.now;
                self.key(key)
            }
            Message::Paste(text) => {
                self.last_input = self.now;
                self.paste(&text)
            }
            Message::Mouse(event) => {
                self.last_input = self.now;
                self.pointer(event)
            }
            Message::Resize(columns, rows) => {
                self.size = (columns, rows);
                self.fit_lines();
                self.with_tabs(|tabs, cx| tabs.relearn(Learnt::Other, cx));
                vec![]
            }
            Message::Focus(focused) => {
                self.focused = focused;
                vec![]
            }
            Message::Second(now, traffic) => {
                self.now = now;
                self.traffic = traffic;
                self.notices.expire(now);
                self.learn_now();
                self.look_after();
                vec![]
            }
            Message::News(news) => {
                self.learn(news);
                self.look_after();
                self.go_on();
                // Rows are places in what is known: where there is less of it, they can't wait.
                let shrunk = self.functions.is_displaced(&self.store);
                if self.store.traces.revision != self.traces.list.arranged {
                    self.with_tabs(|tabs, cx| tabs.traces.arrange(cx));
                }
                if shrunk || self.learnt_at.is_none_or(|at| self.now - at >= LEARNING_PAUSE) {
                    self.learn_now();
                }
                vec![]
            }
            Message::Slice => {
                // Some milliseconds of either.
                if self.store.logs.is_behind() {
                    self.store.logs.index_some(INDEXED);
                    self.unlearnt.push(Learnt::Logs);
                }
                self.with_tabs(|tabs, cx| tabs.logs.search_on(cx));
                vec![]
            }
            Message::Performed(outcome) => self.performed(outcome),
            Message::Notice(text) => {
                self.notices.complain(text, self.now);
                vec![]
            }
        }
    }

    /// Something over many lines is under way; it goes on with each [`Message::Slice`].
    pub fn is_busy(&self) -> bool {
        self.tab == Tab::Logs && (self.logs.is_at_work(&self.store) || self.store.logs.is_behind())
    }

    /// Where keys listen now.
    pub fn place(&self) -> Place {
        match self.overlays.last() {
            Some(overlay) => overlay.place(),
            None => self.tab_place(),
        }
    }

    /// Where keys listen below all popups.
    pub fn tab_place(&self) -> Place {
        match self.tab {
            Tab::Overview => self.overview.place(),
            Tab::Functions => self.functions.place(),
            Tab::Logs => self.logs.place(),
            Tab::Traces => self.traces.place(),
            Tab::Apis => self.apis.place(),
        }
    }

    /// Account and region, as far as known.
    pub fn scope(&self) -> Scope {
        match self.store.identity.get() {
            Some(identity) => identity.scope.clone(),
            None => Scope { account: String::new(), region: self.origin.region.clone() },
        }
    }

    /// What concerns the whole account, where something does: the banner. One call that went unanswered among others that
    /// were is no such thing.
    pub fn banner(&self) -> Option<&Trouble> {
        self.global.as_ref().filter(|(_, times)| *times > 1 || !self.answered).map(|(trouble, _)| trouble)
    }

    /// The parts of the screen.
    pub fn regions(&self) -> Regions {
        Regions::of(self.size.0, self.size.1, self.banner().is_some())
    }

    /// What the tabs may look at.
    pub fn context(&self) -> Context<'_> {
        Context {
            store: &self.store,
            config: &self.config,
            now: self.now,
            window: self.window,
            body: self.regions().body,
        }
    }

    /// What is selected in the tab on screen.
    pub fn selected(&self) -> selected::Selected {
        match self.tab {
            Tab::Overview => self.overview.selected(&self.store),
            Tab::Functions => self.functions.selected(&self.store),
            Tab::Logs => self.logs.selected(&self.store),
            Tab::Traces => self.traces.selected(&self.store),
            Tab::Apis => self.apis.selected(&self.store, self.now),
        }
    }

    /// Lends the tabs and their context at once.
    fn with_tabs<T>(&mut self, act: impl FnOnce(&mut Tabs<'_>, &Context<'_>) -> T) -> T {
        let body = self.regions().body;
        let cx = Context { store: &self.store, config: &self.config, now: self.now, window: self.window, body };
        let mut tabs = Tabs {
            overview: &mut self.overview,
            functions: &mut self.functions,
            logs: &mut self.logs,
            traces: &mut self.traces,
            apis: &mut self.apis,
        };
        act(&mut tabs, &cx)
    }

    fn window_changed(&mut self) {
        self.store.graph = Feed::default();
        self.store.graph_before = Feed::default();
        self.store.metrics.clear();
        self.functions.forget_figures();
        self.with_tabs(|tabs, cx| tabs.traces.window_changed(cx));
        self.unlearnt.push(Learnt::Metrics);
        self.learn_now();
    }
}

/// The tabs, lent together so that their context can be lent beside them.
struct Tabs<'a> {
    overview: &'a mut Overview,
    functions: &'a mut Functions,
    logs: &'a mut Logs,
    traces: &'a mut Traces,
    apis: &'a mut Apis,
}

impl Tabs<'_> {
    fn relearn(&mut self, learnt: Learnt, cx: &Context) {
        self.overview.learn(learnt, cx);
        self.functions.learn(learnt, cx);
        self.logs.learn(learnt, cx);
        self.traces.learn(learnt, cx);
        self.apis.learn(learnt, cx);
    }
}

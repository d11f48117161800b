//! Which log groups the words of the command line mean: those of functions, of APIs, or any, by name, part or glob.
//!
//! What an exact name means is asked for by that name; lists are read once, and only when a word needs them. What a part
//! of a name and a glob mean is decided where the dashboard decides it.

use std::collections::{BTreeMap, BTreeSet};

use super::patience::patiently;
use crate::app::interests::TailGroup;
use crate::app::tabs::logs::sources::{apis_called, each_once, groups_of, groups_of_api, is_glob, matching_groups};
use crate::aws::{Account, apis, functions, logs};
use crate::cli::failure::{Failure, OK, SERVICE};
use crate::cli::output::complain;
use crate::model::log::LogGroup;
use crate::model::trouble::{Kind, Trouble};
use crate::store::Store;
use crate::time::Clock;

/// Groups named in a message.
const NAMED: usize = 20;

/// What the words mean.
pub struct Found {
    /// The groups, each once.
    pub groups: Vec<TailGroup>,
    /// Descriptions of those that were looked at on the way.
    pub known: BTreeMap<String, LogGroup>,
    /// The exit code so far: a word may have meant nothing.
    pub code: u8,
}

/// What one word means, or why it means nothing.
type Meant = Result<Vec<TailGroup>, String>;

/// Finds them. Errors: no word means anything, or nobody can be asked.
pub async fn find(account: &Account, clock: &Clock, words: &[String]) -> Result<Found, Failure> {
    let mut finder =
        Finder { account, clock, store: Store::default(), described: BTreeMap::new(), listed: BTreeSet::new() };
    let (mut groups, mut code) = (Vec::new(), OK);
    for word in words {
        match finder.mean(word).await? {
            Ok(meant) => groups.extend(meant),
            Err(why) => {
                complain(&why);
                code = SERVICE;
            }
        }
    }
    if groups.is_empty() {
        return Err(Failure { code: SERVICE, message: String::new() });
    }
    let mut known: BTreeMap<String, LogGroup> =
        finder.described.into_iter().filter_map(|(name, group)| Some((name, group?))).collect();
    known.extend(finder.store.log_groups.get().into_iter().flatten().map(|group| (group.name.clone(), group.clone())));
    Ok(Found { groups: each_once(groups), known, code })
}

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Functions,
    Groups,
    Apis,
}

struct Finder<'a> {
    account: &'a Account,
    clock: &'a Clock,
    /// The lists, as far as they were read.
    store: Store,
    /// Groups that were looked at by name.
    described: BTreeMap<String, Option<LogGroup>>,
    listed: BTreeSet<List>,
}

impl Finder<'_> {
    async fn mean(&mut self, word: &str) -> Result<Meant, Failure> {
        if is_glob(word) {
            self.list(List::Functions).await?;
            self.list(List::Groups).await?;
            return Ok(self.fitting(word));
        }
        // A slash is in no function's name, and in those of most groups.
        if word.contains('/') {
            return self.mean_path(word).await;
        }
        if let Some(group) = self.of_function(word).await? {
            return Ok(Ok(vec![group]));
        }
        self.list(List::Groups).await?;
        if let Some(group) = self.called(word) {
            return Ok(Ok(vec![group]));
        }
        if let Some(meant) = self.of_api(word).await? {
            return Ok(meant);
        }
        self.list(List::Functions).await?;
        Ok(self.fitting(word))
    }

    /// `/aws/lambda/name` a group, `shop-api/prod` a stage of an API, `/aws/lam` a part of the names of groups.
    async fn mean_path(&mut self, word: &str) -> Result<Meant, Failure> {
        match self.describe(word).await? {
            Some(true) => return Ok(Ok(vec![whole(word)])),
            // Names of groups can't be had: it will show whether this is one.
            None if word.starts_with('/') => return Ok(Ok(vec![whole(word)])),
            _ => {}
        }
        if !word.starts_with('/')
            && let Some(meant) = self.of_api(word).await?
        {
            return Ok(meant);
        }
        self.list(List::Groups).await?;
        Ok(self.fitting(word))
    }

    /// The group into which a function of exactly that name writes, wherever it is configured to.
    async fn of_function(&self, name: &str) -> Result<Option<TailGroup>, Failure> {
        match patiently(async || functions::configuration(self.account, name).await).await {
            Ok(function) => {
                // A group that is not named after its function may have others in it.
                let shared = function.log_group != format!("/aws/lambda/{}", function.name);
                Ok(Some(TailGroup { name: function.log_group, function: shared.then_some(function.name) }))
            }
            Err(trouble) if trouble.is_global() => Err(trouble.into()),
            // Its name may be known from its group.
            Err(trouble) => {
                tracing::info!("{trouble}");
                Ok(None)
            }
        }
    }

    /// The group of exactly that name in the list, or the one that is named after a function of that name.
    fn called(&self, word: &str) -> Option<TailGroup> {
        let mut names = self.store.log_groups.get().into_iter().flatten().map(|group| group.name.as_str());
        let function = format!("/aws/lambda/{word}");
        names.find(|name| *name == word || *name == function).map(whole)
    }

    /// What the stages of an API log that is called so; nothing where none is.
    async fn of_api(&mut self, word: &str) -> Result<Option<Meant>, Failure> {
        self.list(List::Apis).await?;
        let apis = self.store.apis.get().cloned().unwrap_or_default();
        let called = apis_called(word, &apis);
        let Some((_, wanted)) = called.first().copied() else { return Ok(None) };
        let mut stages = Vec::new();
        for (api, _) in called {
            match patiently(async || apis::stages(self.account, &api.id, api.protocol).await).await {
                Ok(found) => {
                    stages.extend(found.iter().map(|stage| stage.name.clone()));
                    self.store.stages.entry(api.id.clone()).or_default().accept(Ok(found), self.clock.now());
                }
                Err(trouble) if trouble.is_global() => return Err(trouble.into()),
                Err(trouble) => return Ok(Some(Err(format!("{word}: {}", trouble.sentence())))),
            }
        }
        if let Some(wanted) = wanted.filter(|wanted| !stages.iter().any(|stage| stage == wanted)) {
            return Ok(Some(Err(format!("{word}: there is no stage `{wanted}`, but {}", stages.join(", ")))));
        }
        let names = groups_of_api(word, &self.store);
        let mut groups = Vec::new();
        for name in &names {
            // API Gateway makes the group of an execution log with the first line of it.
            match self.describe(name).await? {
                Some(false) => complain(&format!("{word}: nothing is in {name} yet")),
                _ => groups.push(whole(name)),
            }
        }
        Ok(Some(match groups.is_empty() {
            true => {
                Err(format!("{word}: this API logs nothing: its access log and its execution log are off, or empty"))
            }
            false => {
                say_which(&format!("the API {word} logs to"), &groups);
                Ok(groups)
            }
        }))
    }

    /// What a glob or a part of a name fits, of what is there.
    fn fitting(&self, word: &str) -> Meant {
        let (functions, groups) = matching_groups(word, &self.store);
        let mut groups = groups_of(&functions, &groups, &self.store);
        if let Some(all) = self.store.log_groups.get() {
            let there: BTreeSet<&str> = all.iter().map(|group| group.name.as_str()).collect();
            // A function that has never run has no group.
            groups.retain(|group| there.contains(group.name.as_str()));
        }
        if groups.is_empty() {
            return Err(format!("no function, log group or API fits `{word}`"));
        }
        if !is_glob(word) {
            say_which(&format!("`{word}` is in the names of"), &groups);
        }
        Ok(groups)
    }

    /// Whether there is a group of exactly that name; nothing where that can't be known.
    async fn describe(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        if let Some(all) = self.store.log_groups.get() {
            return Ok(Some(all.iter().any(|group| group.name == name)));
        }
        if let Some(known) = self.described.get(name) {
            return Ok(Some(known.is_some()));
        }
        match patiently(async || logs::group(self.account, name).await).await {
            Ok(group) => {
                let there = group.is_some();
                self.described.insert(name.to_string(), group);
                Ok(Some(there))
            }
            Err(trouble) if trouble.is_global() => Err(trouble.into()),
            Err(trouble) => {
                tracing::info!("{trouble}");
                Ok(None)
            }
        }
    }

    /// Reads a list, once. One that can't be had is said, and missed.
    async fn list(&mut self, list: List) -> Result<(), Failure> {
        if !self.listed.insert(list) {
            return Ok(());
        }
        let read = match list {
            List::Functions => self.list_functions().await,
            List::Groups => self.list_groups().await,
            List::Apis => self.list_apis().await,
        };
        match read {
            Ok(()) => Ok(()),
            Err(trouble) if trouble.is_global() => Err(trouble.into()),
            Err(trouble) => {
                let without = match list {
                    List::Functions => "without it functions are found by the names of their log groups only",
                    List::Groups => "without it log groups are found by the names of their functions only",
                    List::Apis => "without it no API is found by its name",
                };
                complain(&format!("{} - {without}", trouble.sentence()));
                Ok(())
            }
        }
    }

    async fn list_functions(&mut self) -> Result<(), Trouble> {
        let mut round = functions::Round::default();
        let mut all = Vec::new();
        while let Some(page) = patiently(async || round.next(self.account).await).await? {
            all.extend(page);
            if !round.is_over() {
                tokio::time::sleep(functions::PAGE_INTERVAL).await;
            }
        }
        self.store.functions.accept_page(all, 0, true, self.clock.now());
        Ok(())
    }

    async fn list_groups(&mut self) -> Result<(), Trouble> {
        let all = patiently(async || logs::groups(self.account, None).await).await?;
        self.store.log_groups.accept(Ok(all), self.clock.now());
        Ok(())
    }

    async fn list_apis(&mut self) -> Result<(), Trouble> {
        let read = async || match apis::all(self.account).await {
            (_, Some(trouble)) if trouble.kind == Kind::Throttled => Err(trouble),
            answer => Ok(answer),
        };
        let (all, trouble) = patiently(read).await?;
        self.store.apis.accept(Ok(all), self.clock.now());
        // REST and HTTP APIs are listed apart: one of the lists may be there.
        trouble.map_or(Ok(()), Err)
    }
}

/// Names what was chosen, where it is more than one would expect.
fn say_which(what: &str, groups: &[TailGroup]) {
    if groups.len() < 2 {
        return;
    }
    let mut names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    complain(&format!("{what} {} log groups: {}{more}", groups.len(), names.join(", ")));
}

/// A group of a tail, by its name.
fn whole(name: impl Into<String>) -> TailGroup {
    TailGroup { name: name.into(), function: None }
}

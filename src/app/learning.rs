//! From news to what we know: each piece goes to its place in the store, and the tabs derive what follows from it.

use super::App;
use super::message::News;
use super::overlay::{Choice, Overlay};
use super::tabs::{Learnt, Tab, functions};
use crate::model::service_graph::ServiceGraph;
use crate::model::trouble::{Kind, Trouble};

impl App {
    /// Takes in what a poller has learnt.
    pub(super) fn learn(&mut self, news: News) {
        let now = self.now;
        match trouble_of(&news) {
            Some(trouble) => {
                self.notices.note(trouble, now);
                if trouble.is_global() {
                    let times = self.global.as_ref().map_or(0, |(_, times)| *times);
                    self.global = Some((trouble.clone(), times + 1));
                }
            }
            // Whatever was in the way, it has healed. Back-off alone proves nothing.
            None if !matches!(news, News::Throttled { .. }) => {
                self.global = None;
                self.answered = true;
            }
            None => {}
        }
        let mut wiped = false;
        let tags = matches!(news, News::Tags(_));
        let names = matches!(
            news,
            News::LogGroups(Ok(_))
                | News::Apis { .. }
                | News::Stages(_, Ok(_))
                | News::FunctionsPage { last: true, .. }
        );
        let store = &mut self.store;
        let learnt = match news {
            News::Identity(answer) => {
                // Another account under the same window: nothing of the old one may stay.
                if let (Ok(new), Some(old)) = (&answer, store.identity.get())
                    && new.scope != old.scope
                {
                    store.wipe();
                    wiped = true;
                }
                store.identity.accept(answer, now);
                Learnt::Other
            }
            News::AccountSettings(answer) => {
                store.account.accept(answer, now);
                Learnt::Other
            }
            News::FunctionsPage { functions, page, last } => {
                for new in &functions {
                    if let Some(old) = store.functions.get(&new.name) {
                        store.sightings.compare(old, new, now);
                    }
                }
                store.functions.accept_page(functions, page, last, now);
                Learnt::Functions
            }
            News::FunctionsFailed(trouble) => {
                store.functions.fail(trouble, now);
                Learnt::Functions
            }
            News::FunctionDetail(name, answer) => {
                if let Ok(detail) = &answer {
                    let before = store.details.get(&name).and_then(|feed| feed.get());
                    for (alias, led) in before.map(|before| before.moved(detail)).unwrap_or_default() {
                        self.led_before.insert((name.clone(), alias), led);
                    }
                    store.compare_detail(detail, now);
                    store.functions.accept_reserved(vec![(name.clone(), detail.reserved)]);
                }
                store.detail_mut(&name).accept(answer, now);
                Learnt::Functions
            }
            News::Invocations(name, answer) => {
                store.invocations.entry(name).or_default().accept(answer, now);
                Learnt::Other
            }
            News::Reserved(reserved) => {
                store.functions.accept_reserved(reserved);
                Learnt::Functions
            }
            News::Series { series, settled } => {
                store.metrics.accept(series, settled, now);
                Learnt::Metrics
            }
            News::SeriesFailed(keys, trouble) => {
                store.metrics.fail(keys, &trouble, now);
                Learnt::Metrics
            }
            News::Alarms(answer) => {
                let answer = answer.map(|mut alarms| {
                    alarms.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
                    alarms
                });
                store.alarms.accept(answer, now);
                Learnt::Other
            }
            News::LogGroups(answer) => {
                store.log_groups.accept(answer, now);
                Learnt::Other
            }
            News::Apis { apis, trouble } => {
                if !apis.is_empty() || trouble.is_none() {
                    store.apis.accept(Ok(apis), now);
                }
                if let Some(trouble) = trouble {
                    store.apis.accept(Err(trouble), now);
                }
                Learnt::Apis
            }
            News::Stages(api, answer) => {
                store.stages.entry(api).or_default().accept(answer, now);
                Learnt::Apis
            }
            News::Routes(api, answer) => {
                store.routes.entry(api).or_default().accept(answer, now);
                Learnt::Apis
            }
            News::ApiAccount(answer) => {
                store.api_account.accept(answer, now);
                Learnt::Apis
            }
            News::ApiDetail(api, answer) => {
                store.api_details.entry(api).or_default().accept(answer, now);
                Learnt::Apis
            }
            News::UsagePlans(answer) => {
                store.usage_plans.accept(answer, now);
                Learnt::Apis
            }
            News::Refused(api, stage, answer) => {
                store.refused.entry((api, stage)).or_default().accept(answer, now);
                Learnt::Apis
            }
            News::Tags(answer) => {
                store
                    .tags
                    .accept(answer.map(|tags| tags.into_iter().map(|tagged| (tagged.arn, tagged.tags)).collect()), now);
                Learnt::Functions
            }
            News::Ranking { generation, answer } => {
                self.functions.ranking_answered(generation, answer.is_err());
                store.ranking.accept(answer.map(|rows| (generation, rows)), now);
                Learnt::Functions
            }
            News::Throttled { service, until } => {
                store.throttled.insert(service, until);
                Learnt::Other
            }
            News::LogEvents { tail, events, read_to, caught_up } => {
                if tail != self.logs.generation() {
                    return;
                }
                self.logs.note_batch(&events, read_to, caught_up);
                let arrival = store.logs.accept(events);
                self.logs.took_in(&arrival, store);
                Learnt::Logs
            }
            News::OlderLogEvents { tail, events, read_from } => {
                if tail != self.logs.generation() {
                    return;
                }
                let events = store.logs.missing_of(events);
                let arrival = store.logs.accept_older(events);
                self.logs.took_in_older(read_from, &arrival, store);
                Learnt::Logs
            }
            News::LogGap { tail, gap } => {
                if tail != self.logs.generation() {
                    return;
                }
                let arrival = store.logs.mark_gap(gap);
                self.logs.took_in(&arrival, store);
                Learnt::Logs
            }
            News::LogsFetched { tail, asked, events, rest } => {
                if tail != self.logs.generation() {
                    return;
                }
                let marked = store.logs.unmark_gap(&asked);
                if let Some(place) = marked {
                    self.logs.lost_mark(place, store);
                }
                let events = store.logs.missing_of(events);
                let older = store.logs.oldest().is_some_and(|oldest| asked.from < oldest);
                let arrival = if older { store.logs.accept_older(events) } else { store.logs.accept(events) };
                // What was asked for is not what has come meanwhile.
                let unseen = self.logs.unseen;
                self.logs.took_in(&arrival, store);
                self.logs.unseen = unseen;
                self.logs.fetched(&asked);
                let left_out = if marked.is_none() { self.logs.left_out(&asked, store) } else { None };
                for gap in rest.into_iter().chain(left_out) {
                    let arrival = store.logs.mark_gap(gap);
                    self.logs.took_in(&arrival, store);
                }
                Learnt::Logs
            }
            News::Live { tail, since, sampled } => {
                if tail == self.logs.generation() {
                    self.logs.live.since = since;
                    self.logs.live.sampled = sampled;
                }
                Learnt::Other
            }
            News::TailTrouble { tail, group, trouble } => {
                if tail == self.logs.generation() {
                    match trouble {
                        Some(trouble) => self.logs.troubles.insert(group, trouble),
                        None => self.logs.troubles.remove(&group),
                    };
                }
                Learnt::Other
            }
            News::Insights { generation, progress } => {
                let budget = self.config.logs.insights_budget;
                self.logs.insights.accept(generation, progress, budget, now);
                self.note_query(generation, None);
                Learnt::Other
            }
            News::InsightsFailed { generation, trouble, place } => {
                self.note_query(generation, Some((&trouble, place)));
                self.logs.insights.fail(generation, trouble, place, now);
                Learnt::Other
            }
            News::Traces { filter, summaries, capped, scanned, .. } => {
                // An answer to an expression that has been changed meanwhile.
                if filter != self.traces.expression() {
                    return;
                }
                store.traces.scanned += scanned;
                store.traces.accept(summaries, capped, self.config.traces.cap, now);
                Learnt::Traces
            }
            News::TracesAround(at, answer) => {
                store.traces.accept_around(at, answer, now);
                Learnt::Traces
            }
            News::TracesFailed(trouble) => {
                store.traces.list.accept(Err(trouble), now);
                Learnt::Traces
            }
            News::Trace(id, answer) => {
                store.traces.accept_trace(id, answer, now);
                Learnt::Traces
            }
            News::ServiceGraph(answer) => {
                store.graph.accept(answer.map(ServiceGraph::simplified), now);
                Learnt::Traces
            }
            News::ServiceGraphBefore(answer) => {
                store.graph_before.accept(answer.map(ServiceGraph::simplified), now);
                Learnt::Traces
            }
            News::Tracing(tracing) => {
                // What could not be asked this time is as it was.
                let tracing = match store.tracing.get() {
                    Some(known) => tracing.or(known),
                    None => tracing,
                };
                store.tracing.accept(Ok(tracing), now);
                Learnt::Traces
            }
        };
        if wiped {
            self.watches.clear();
            self.led_before.clear();
            self.unlearnt = vec![Learnt::Functions, Learnt::Metrics, Learnt::Traces, Learnt::Apis];
            self.functions.forget_figures();
            self.traces.outdated = true;
            self.logs.insights.wipe();
            self.with_tabs(|tabs, cx| tabs.logs.cleared(cx));
        }
        if (names || wiped)
            && let Some(Overlay::Palette(palette)) = self.overlays.last_mut()
        {
            palette.renew(&self.store);
        }
        if tags {
            self.renew_tag_keys();
        }
        match (learnt, self.unlearnt.last_mut()) {
            (learnt, Some(last)) if *last == learnt => {}
            (learnt, _) => self.unlearnt.push(learnt),
        }
    }

    /// Lists that name tags know them now.
    fn renew_tag_keys(&mut self) {
        match self.overlays.last_mut() {
            Some(Overlay::Columns(chooser)) => chooser.add_tags(&self.store),
            Some(Overlay::Choice(choice)) if choice.title == functions::GROUP_BY => {
                let cursor = choice.cursor;
                *choice = Choice { cursor, ..self.functions.groupings(&self.store) };
            }
            Some(Overlay::Prompt(prompt)) if self.tab == Tab::Functions => {
                if let Some(completion) = &mut prompt.completion {
                    completion.learn(functions::words::Words::of(&self.store));
                    prompt.complete();
                }
            }
            _ => {}
        }
    }

    /// Another tail, or another list of traces, is wanted: what is in store of the old one goes.
    pub(super) fn drop_outdated(&mut self) {
        if self.tail != self.logs.generation() {
            self.tail = self.logs.generation();
            self.store.logs.clear();
            self.with_tabs(|tabs, cx| tabs.logs.cleared(cx));
        }
        if std::mem::take(&mut self.traces.outdated) {
            self.traces.generation += 1;
            self.traces.statistics.clear();
            self.store.traces.clear();
            self.with_tabs(|tabs, cx| tabs.traces.arrange(cx));
        }
    }

    /// Lets what waits for news look at them, and the tabs derive what follows from them since the last time.
    pub(super) fn learn_now(&mut self) {
        let unlearnt = std::mem::take(&mut self.unlearnt);
        if unlearnt.is_empty() {
            return;
        }
        self.learnt_at = Some(self.now);
        self.with_tabs(|tabs, cx| {
            for (at, learnt) in unlearnt.iter().enumerate() {
                if !unlearnt[..at].contains(learnt) {
                    tabs.relearn(*learnt, cx);
                }
            }
        });
    }
}

/// The trouble that a piece of news tells of, if it does; back-off by itself is shown in the header.
fn trouble_of(news: &News) -> Option<&Trouble> {
    if let News::Tracing(tracing) = news {
        return tracing.troubles.first().filter(|trouble| trouble.kind != Kind::Throttled);
    }
    let (News::Identity(Err(trouble))
    | News::AccountSettings(Err(trouble))
    | News::FunctionsFailed(trouble)
    | News::FunctionDetail(_, Err(trouble))
    | News::Invocations(_, Err(trouble))
    | News::SeriesFailed(_, trouble)
    | News::Alarms(Err(trouble))
    | News::LogGroups(Err(trouble))
    | News::TailTrouble { trouble: Some(trouble), .. }
    | News::InsightsFailed { trouble, .. }
    | News::TracesFailed(trouble)
    | News::Trace(_, Err(trouble))
    | News::TracesAround(_, Err(trouble))
    | News::ServiceGraph(Err(trouble))
    | News::ServiceGraphBefore(Err(trouble))
    | News::Apis { trouble: Some(trouble), .. }
    | News::Stages(_, Err(trouble))
    | News::Routes(_, Err(trouble))
    | News::ApiDetail(_, Err(trouble))
    | News::UsagePlans(Err(trouble))
    | News::Refused(_, _, Err(trouble))
    | News::Tags(Err(trouble))
    | News::Ranking { answer: Err(trouble), .. }
    | News::ApiAccount(Err(trouble))) = news
    else {
        return None;
    };
    (trouble.kind != Kind::Throttled).then_some(trouble)
}

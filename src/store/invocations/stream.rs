//! One log stream: the attempts that ran on it, and the lines on it that give no request id.

use std::collections::VecDeque;

use super::attempt::{Attempt, FromLoose, NEVER, bits};
use super::failing::Failing;
use super::names::Names;
use super::timeline::{Timeline, merge};
use crate::model::line::Kind;
use crate::model::log::writer;

/// Moments of lines without a request id count from here, 2015-01-01: so they and what the line tells fit into 8 bytes.
const EPOCH: i64 = 1_420_070_400_000;

/// What a line without a request id tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loose {
    /// Nothing but that it was written.
    Plain,
    /// The function logged an error.
    Error,
    /// The runtime tells what the handler raised.
    Raised,
    TimedOut,
    Exited,
    Killed,
}

const ALL: [Loose; 6] = [Loose::Plain, Loose::Error, Loose::Raised, Loose::TimedOut, Loose::Exited, Loose::Killed];

/// A line of an init or a restore.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Init {
    at: i64,
    kind: Kind,
    ms: f32,
}

/// One log stream.
#[derive(Debug, Default)]
pub struct Stream {
    pub function: u16,
    pub version: u16,
    /// Named as Lambda names its own.
    lambda: bool,
    /// The platform has written to it: a request id that it never named is of something else.
    pub platform: bool,
    /// Of Lambda Managed Instances: several requests at once write to it.
    pub shared: bool,
    pub attempts: Timeline,
    loose: VecDeque<u64>,
    sorted: usize,
    inits: Vec<Init>,
    /// Moments between which something has changed.
    pub dirty: Option<(i64, i64)>,
}

impl Stream {
    /// What the names of a stream and its group tell.
    pub fn of(group: &str, stream: &str, names: &mut Names) -> Stream {
        let (function, version) = writer(group, stream);
        Stream {
            function: names.number(function),
            version: version.map_or(0, |version| names.number(version)),
            lambda: group.starts_with("/aws/lambda/") || version.is_some(),
            ..Stream::default()
        }
    }

    /// Invocations write to it.
    pub fn is_lambda(&self) -> bool {
        self.lambda || self.platform
    }

    /// Something has changed between two moments; whether that is news.
    pub fn touch(&mut self, from: i64, to: i64) -> bool {
        let news = self.dirty.is_none();
        self.dirty = Some(self.dirty.map_or((from, to), |(low, high)| (low.min(from), high.max(to))));
        news
    }

    pub fn take_init(&mut self, at: i64, kind: Kind, ms: Option<f64>) {
        self.inits.push(Init { at, kind, ms: ms.map_or(f32::NAN, |ms| ms as f32) });
        self.touch(at, at);
    }

    /// Forgets a line of an init or a restore.
    pub fn leave_init(&mut self, at: i64, kind: Kind, ms: Option<f64>) {
        let ms = ms.map_or(f32::NAN, |ms| ms as f32);
        let same = |init: &Init| init.at == at && init.kind == kind && init.ms.to_bits() == ms.to_bits();
        if let Some(place) = self.inits.iter().position(same) {
            self.inits.remove(place);
            self.touch(at, at);
        }
    }

    pub fn take_loose(&mut self, at: i64, told: Loose, error: u16) {
        let packed = pack(at, told, error);
        if self.sorted == self.loose.len() && self.loose.back().is_none_or(|last| *last <= packed) {
            self.sorted += 1;
        }
        self.loose.push_back(packed);
        let at = at_of(packed);
        self.touch(at, at);
    }

    /// Forgets a line without a request id; whether it was known. They must be in order.
    pub fn leave_loose(&mut self, at: i64, told: Loose, error: u16) -> bool {
        let packed = pack(at, told, error);
        let place = self.loose.partition_point(|known| *known < packed);
        let known = self.loose.get(place) == Some(&packed);
        if known {
            self.loose.remove(place);
            self.sorted -= 1;
            let at = at_of(packed);
            self.touch(at, at);
        }
        known
    }

    /// Attributes lines without a request id anew where something has changed.
    pub fn settle(&mut self, all: &mut [Attempt], failing: &mut Failing) {
        let Some((low, high)) = self.dirty.take() else { return };
        self.attempts.settle(|slot| all[slot as usize].start(), |slot| all[slot as usize].request.0);
        let fresh: Vec<u64> = self.loose.drain(self.sorted..).collect();
        merge(&mut self.loose, fresh, u64::cmp);
        self.sorted = self.loose.len();
        self.inits.sort_by(|a, b| (a.at, a.kind as u8).cmp(&(b.at, b.kind as u8)).then(a.ms.total_cmp(&b.ms)));
        // The one before may have been running until then; the one behind has its init there.
        let first = self.attempts.before(low).saturating_sub(1);
        let last = (self.attempts.until(high) + 1).min(self.attempts.len()).max(first);
        let last = self.measure(first, last, all);
        for place in first..last {
            let alone = self.is_alone(place, all);
            all[self.slot(place)].loose = FromLoose { alone, ..FromLoose::default() };
        }
        self.attribute(first, last, all);
        for stand in self.attempts.stands().range(first..last) {
            failing.look_at(stand.slot, &mut all[stand.slot as usize]);
        }
    }

    fn slot(&self, place: usize) -> usize {
        self.attempts.stands()[place].slot as usize
    }

    /// Finds out for how long earlier attempts still ran when each of some started, however many started between. Returns
    /// up to where that has changed.
    fn measure(&mut self, first: usize, mut last: usize, all: &[Attempt]) -> usize {
        for place in first..self.attempts.len() {
            let stand = self.attempts.stands()[place];
            let over = match place.checked_sub(1) {
                None => 0,
                Some(before) => {
                    let other = self.attempts.stands()[before];
                    let reach = other.start.saturating_add(other.over.into()).max(self.end(before, all));
                    reach.saturating_sub(stand.start).clamp(0, u32::MAX.into()) as u32
                }
            };
            if place >= last {
                if over == stand.over {
                    break;
                }
                last = place + 1;
            }
            self.attempts.set_over(place, over);
        }
        last
    }

    /// The last moment of an attempt.
    fn end(&self, place: usize, all: &[Attempt]) -> i64 {
        let stands = self.attempts.stands();
        let one = &all[stands[place].slot as usize];
        if one.report.at != NEVER {
            one.report.at
        } else if self.shared {
            i64::MAX
        } else {
            // Without a REPORT it ran until the next one began.
            stands.get(place + 1).map_or(i64::MAX, |next| next.start)
        }
    }

    fn is_alone(&self, place: usize, all: &[Attempt]) -> bool {
        let stands = self.attempts.stands();
        // START and REPORT are rounded to milliseconds.
        let end = self.end(place, all).saturating_sub(1);
        stands[place].over <= 1 && stands.get(place + 1).is_none_or(|next| next.start >= end)
    }

    fn attribute(&self, first: usize, last: usize, all: &mut [Attempt]) {
        let stands = self.attempts.stands();
        if first >= last {
            return;
        }
        // Up to here everything is of those before.
        let done = first.checked_sub(1).map(|before| self.end(before, all).min(stands[first].start.saturating_sub(1)));
        let to = stands.get(last).map_or(i64::MAX, |next| next.start);
        let inits = self.inits.partition_point(|init| done.is_some_and(|done| init.at <= done));
        let loose = self.loose.partition_point(|packed| done.is_some_and(|done| at_of(*packed) <= done));
        let mut place = first;
        for init in self.inits[inits..].iter().take_while(|init| init.at < to) {
            while place + 1 < last && stands[place + 1].start <= init.at {
                place += 1;
            }
            let Some(owner) = self.owner(place, init.at, true, all).filter(|owner| (first..last).contains(owner))
            else {
                continue;
            };
            let mine = &mut all[stands[owner].slot as usize].loose;
            match init.kind {
                Kind::InitReport => mine.init_ms = init.ms,
                Kind::RestoreReport => {
                    mine.init_ms = init.ms;
                    mine.bits |= bits::RESTORED;
                }
                _ if mine.init_at == NEVER => mine.init_at = init.at,
                _ => {}
            }
        }
        place = first;
        for packed in self.loose.range(loose..) {
            let at = at_of(*packed);
            if at >= to {
                break;
            }
            while place + 1 < last && stands[place + 1].start <= at {
                place += 1;
            }
            let told = ALL[(packed >> 16 & 0xff) as usize];
            let Some(owner) =
                self.owner(place, at, told == Loose::Raised, all).filter(|owner| (first..last).contains(owner))
            else {
                continue;
            };
            let one = &mut all[stands[owner].slot as usize];
            // What is raised between two attempts is of the init of the next, or of nobody.
            let in_init = (NEVER + 1..=at).contains(&one.loose.init_at);
            if !one.loose.alone || at < stands[owner].start && !in_init {
                continue;
            }
            let mine = &mut one.loose;
            mine.lines += 1;
            mine.errors += u32::from(matches!(told, Loose::Error | Loose::Raised));
            mine.bits |= match told {
                Loose::Plain | Loose::Error => 0,
                Loose::Raised => bits::FAILED,
                Loose::TimedOut => bits::TIMED_OUT,
                Loose::Exited => bits::EXITED,
                Loose::Killed => bits::KILLED,
            };
            if told == Loose::Raised {
                mine.error = (packed & 0xffff) as u16;
            }
        }
    }

    /// Whose a line at a moment is, `place` being the last attempt that started before it.
    fn owner(&self, place: usize, at: i64, of_init: bool, all: &[Attempt]) -> Option<usize> {
        let start = self.attempts.stands()[place].start;
        if at < start {
            return of_init.then_some(place);
        }
        if at <= self.end(place, all) { Some(place) } else { of_init.then_some(place + 1) }
    }

    /// Whose a line without a request id is.
    pub fn owner_of(&self, at: i64, all: &[Attempt]) -> Option<u32> {
        let owner = match self.attempts.until(at).checked_sub(1) {
            Some(place) => self.owner(place, at, true, all)?,
            None => 0,
        };
        let owner = self.attempts.stands().get(owner)?;
        let loose = &all[owner.slot as usize].loose;
        let in_init = (NEVER + 1..=at).contains(&loose.init_at);
        (loose.alone && (at >= owner.start || in_init)).then_some(owner.slot)
    }

    /// Leaves out attempts that are forgotten and the lines before a moment; says how many lines.
    pub fn forget(&mut self, all: &[Attempt], horizon: i64) -> usize {
        self.attempts.retain(|slot| !all[slot as usize].gone);
        let lines = self.loose.partition_point(|packed| at_of(*packed) < horizon).min(self.sorted);
        self.loose.drain(..lines);
        self.sorted -= lines;
        self.inits.retain(|init| init.at >= horizon);
        lines
    }

    /// Leaves out the older half of the lines; says how many are left.
    pub fn keep_half(&mut self) -> usize {
        let half = self.sorted / 2;
        self.loose.drain(..half);
        self.sorted -= half;
        self.loose.len()
    }
}

fn pack(at: i64, told: Loose, error: u16) -> u64 {
    let moment = at.saturating_sub(EPOCH).clamp(0, (1 << 40) - 1) as u64;
    moment << 24 | (told as u64) << 16 | u64::from(error)
}

fn at_of(packed: u64) -> i64 {
    (packed >> 24) as i64 + EPOCH
}

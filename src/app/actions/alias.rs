//! Where an alias leads: a move, a weighted shift, and the way back to the version before.

use super::form::{Field, Form, Purpose, Wish};
use crate::app::effect::Change;
use crate::model::function::{Alias, FunctionDetail, ProvisionedConcurrency, Routing, Version};

/// An alias, and the versions that it may lead to.
#[derive(Clone, Debug)]
pub struct AliasMove {
    /// FunctionName.
    pub function: String,
    /// The alias as it is.
    pub alias: Alias,
    /// Published versions, the newest first.
    pub versions: Vec<Version>,
    /// Its provisioned concurrency.
    pub provisioned: Option<ProvisionedConcurrency>,
}

impl AliasMove {
    /// The alias that is meant: the named one, or the only one. Errors: a sentence.
    pub fn of(function: &str, detail: &FunctionDetail, qualifier: Option<&str>) -> Result<AliasMove, String> {
        let alias = match (qualifier, detail.aliases.as_slice()) {
            (_, []) => return Err(format!("{function} has no alias")),
            (None, [only]) => only,
            (None, _) => return Err(format!("{function} has several aliases: open it and select one")),
            (Some(name), all) => match all.iter().find(|alias| alias.name == name) {
                Some(alias) => alias,
                None => return Err(format!("{name} is a version, not an alias: select an alias")),
            },
        };
        if detail.versions.is_empty() {
            return Err(format!("{function} has no published version that an alias could lead to"));
        }
        let provisioned = detail.provisioned.iter().find(|config| config.qualifier == alias.name).cloned();
        Ok(AliasMove {
            function: function.to_string(),
            alias: alias.clone(),
            versions: detail.versions.iter().rev().cloned().collect(),
            provisioned,
        })
    }

    /// The form: main version, second version, its share.
    pub fn form(self) -> Form {
        let option = |version: &Version| {
            let mut shown = version.version.clone();
            if let Some(at) = version.last_modified {
                shown.push_str(&at.format(" of %Y-%m-%d %H:%M").to_string());
            }
            if !version.description.is_empty() {
                shown.push_str(&format!(" {}", version.description));
            }
            (crate::text::cut(&shown, 34).into_owned(), version.version.clone())
        };
        let mut main: Vec<(String, String)> = self.versions.iter().map(option).collect();
        let here = |options: &[(String, String)], version: &str| options.iter().any(|(_, known)| known == version);
        if !here(&main, &self.alias.version) {
            main.insert(0, (format!("{} (not there any more)", self.alias.version), self.alias.version.clone()));
        }
        let mut second = vec![("none".to_string(), String::new())];
        second.extend(main.iter().cloned());
        let (other, share) = self.alias.weights.first().cloned().unwrap_or_default();
        let share = if other.is_empty() { String::new() } else { format!("{}", (share * 10_000.0).round() / 100.0) };
        let now = self.alias.routing().words();
        let fields = vec![
            Field::choice("version", main, &self.alias.version, format!("now {now}")),
            Field::choice("second version", second, &other, "gets a share of the invocations"),
            Field::text("its share, %", share, "0 to 100"),
        ];
        let title = format!("Alias {}:{}", self.function, self.alias.name);
        Form::new(Purpose::Alias(self), title, vec![], fields)
    }

    pub(super) fn wish(&self, values: &[&str]) -> Result<Wish, String> {
        let (version, second, share) = (values[0], values[1], values[2]);
        let weights = match (second, share.trim_end_matches('%').trim()) {
            ("", "" | "0") => vec![],
            ("", _) => return Err("choose the second version that gets this share".into()),
            (_, "" | "0") => vec![],
            (second, _) if second == version => {
                return Err(format!("{second} is the first version already: choose another second one"));
            }
            (second, share) => {
                let share: f64 = share.parse().map_err(|_| format!("share: {share:?} is no number"))?;
                if !(0.0..=100.0).contains(&share) {
                    return Err(format!("share: {share} % does not lie between 0 and 100"));
                }
                vec![(second.to_string(), share / 100.0)]
            }
        };
        self.to(&Routing { version: version.to_string(), weights })
    }

    /// A move.
    pub fn to(&self, to: &Routing) -> Result<Wish, String> {
        let from = self.alias.routing();
        if *to == from {
            return Err(format!("{}:{} leads to version {} already", self.function, self.alias.name, to.words()));
        }
        let known = |version: &str| self.versions.iter().any(|known| known.version == version);
        let gone = std::iter::once(&to.version)
            .chain(to.weights.iter().map(|(version, _)| version))
            .find(|version| !known(version))
            .map(|version| format!("version {version} is not there (any more): Lambda will refuse"));
        let provisioned = self.provisioned.as_ref().map(|config| {
            format!(
                "its {} provisioned environments are made anew for the other version: cold starts until they are READY",
                config.requested
            )
        });
        let revision = Some(self.alias.revision.clone()).filter(|revision| !revision.is_empty());
        let change = Change::MoveAlias {
            function: self.function.clone(),
            alias: self.alias.name.clone(),
            from,
            to: to.clone(),
            revision,
        };
        let described = |version: &str| {
            let version = self.versions.iter().find(|known| known.version == version)?;
            let at = version.last_modified.map(|at| at.format(", published %Y-%m-%d %H:%M UTC").to_string());
            Some(format!("version {}{} {}", version.version, at.unwrap_or_default(), version.description))
        };
        let mut wish = Wish::of(change).warn(gone).warn(provisioned.filter(|_| to.version != self.alias.version));
        wish.notes.extend(described(&to.version).map(|line| (false, line.trim_end().to_string())));
        Ok(wish)
    }

    /// Back to the version before: of two that share the invocations the older one, else what it led to before as far as
    /// that is known, else what was published before.
    pub fn back(&self, before: Option<&Routing>) -> Result<Wish, String> {
        let number = |version: &str| version.parse::<u64>().unwrap_or(0);
        if let Some((second, _)) = self.alias.weights.first() {
            let older = if number(second) < number(&self.alias.version) { second } else { &self.alias.version };
            let wish = self.to(&Routing { version: older.clone(), weights: vec![] })?;
            return Ok(wish.note("the older of its two versions gets everything"));
        }
        // Sharing with another one is no version before.
        if let Some(before) = before.filter(|before| before.version != self.alias.version) {
            return Ok(self.to(before)?.note("that is where it led before"));
        }
        let older = self.versions.iter().map(|version| &version.version);
        let older = older.filter(|version| number(version) < number(&self.alias.version)).max_by_key(|v| number(v));
        match older {
            Some(version) => {
                let wish = self.to(&Routing { version: version.clone(), weights: vec![] })?;
                Ok(wish.note("the version published before; where the alias led before is not known"))
            }
            None => Err(format!("there is no version before {}", self.alias.version)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias_move(version: &str, weights: Vec<(String, f64)>) -> AliasMove {
        let version_of = |version: &str| Version { version: version.into(), ..Version::default() };
        let detail = FunctionDetail {
            aliases: vec![Alias {
                name: "live".into(),
                version: version.into(),
                weights,
                revision: "r1".into(),
                ..Alias::default()
            }],
            versions: ["5", "6", "7"].map(version_of).to_vec(),
            ..FunctionDetail::default()
        };
        AliasMove::of("pay", &detail, None).expect("it has one alias")
    }

    fn to(wish: &Wish) -> Routing {
        let Change::MoveAlias { to, .. } = &wish.change else { panic!("a move") };
        to.clone()
    }

    #[test]
    fn a_shift_names_both_versions_and_an_empty_share_ends_it() {
        let alias = alias_move("6", vec![]);
        let wish = alias.wish(&["6", "7", "10"]).expect("a shift");
        assert_eq!(to(&wish).words(), "6 90%, 7 10%");
        assert!(alias.wish(&["6", "6", "10"]).is_err());
        assert!(alias.wish(&["6", "7", "200"]).is_err());
        assert!(alias.wish(&["6", "", ""]).expect_err("nothing changes").contains("already"));
        let shifted = alias_move("6", vec![("7".into(), 0.1)]);
        assert_eq!(to(&shifted.wish(&["7", "", ""]).expect("a move")).words(), "7");
        let Change::MoveAlias { revision, .. } = wish.change else { panic!("a move") };
        assert_eq!(revision.as_deref(), Some("r1"), "somebody else's move meanwhile is not overwritten");
    }

    #[test]
    fn the_way_back_is_what_is_known_to_have_been() {
        assert_eq!(to(&alias_move("6", vec![("7".into(), 0.1)]).back(None).expect("a move")).words(), "6");
        let before = Routing { version: "5".into(), weights: vec![] };
        assert_eq!(to(&alias_move("7", vec![]).back(Some(&before)).expect("a move")).words(), "5");
        assert_eq!(to(&alias_move("7", vec![]).back(None).expect("a move")).words(), "6");
        assert!(alias_move("5", vec![]).back(None).is_err());
    }

    #[test]
    fn a_version_that_is_gone_is_said() {
        let wish = alias_move("7", vec![]).wish(&["4", "", ""]).expect("Lambda is asked");
        assert!(wish.notes.iter().any(|(warns, line)| *warns && line.contains("not there")));
        assert!(AliasMove::of("pay", &FunctionDetail::default(), None).is_err());
    }
}

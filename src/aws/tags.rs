//! Tags of all functions and APIs at once, by the Resource Groups Tagging API.

use super::Account;
use super::pages::Pages;
use super::reading::shown;
use crate::model::tags::Tagged;
use crate::model::trouble::Trouble;

/// GetResources gives at most 100 resources at a time.
const PER_PAGE: i32 = 100;
/// Twenty thousand resources; an account with more gets the tags of the first of them.
const PAGES: usize = 200;

/// Of what tags are read: functions, and every kind of API Gateway resource, stages among them.
const TYPES: [&str; 2] = ["lambda:function", "apigateway"];

/// A round through the tags, page by page; the caller paces it.
pub struct Round {
    pages: Pages,
    token: Option<String>,
    over: bool,
    tagged: Vec<Tagged>,
}

impl Default for Round {
    fn default() -> Round {
        Round { pages: Pages::up_to(PAGES), token: None, over: false, tagged: Vec::new() }
    }
}

impl Round {
    /// Reads the next page. Errors leave the round where it was: it may be tried again.
    pub async fn next(&mut self, account: &Account) -> Result<(), Trouble> {
        let request = account
            .tagging()
            .get_resources()
            .set_resource_type_filters(Some(TYPES.map(str::to_string).into()))
            .resources_per_page(PER_PAGE)
            .set_pagination_token(self.token.clone());
        let output = request.send().await.map_err(|error| account.trouble("tag:GetResources", &error))?;
        let resources = output.resource_tag_mapping_list().iter().map(|resource| Tagged {
            arn: shown(resource.resource_arn()),
            tags: resource.tags().iter().map(|tag| (shown(Some(tag.key())), shown(Some(tag.value())))).collect(),
        });
        self.tagged.extend(resources);
        self.token = self.pages.follow(output.pagination_token());
        self.over = self.token.is_none();
        Ok(())
    }

    /// Nothing more is to be read.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What was read.
    pub fn tagged(self) -> Vec<Tagged> {
        self.tagged
    }
}

/// The first page alone: whether tags may be read.
pub async fn try_once(account: &Account) -> Result<(), Trouble> {
    Round::default().next(account).await
}

//! A session as JSON, with its messages written as they come.

use std::cell::RefCell;

use lore_engine::api::SessionDetail;
use lore_engine::model::SessionId;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::{Context, for_each_message};
use crate::client::{Client, ClientError};
use crate::commands::evidence::LinkJson;
use crate::error::CliError;
use crate::output::json::{AnnotationJson, MessageJson, SessionJson};

#[derive(Serialize)]
struct ShowJson<'a> {
    session: SessionJson<'a>,
    messages: &'a Messages,
    links: Vec<LinkJson<'a>>,
    tags: &'a [String],
    annotations: Vec<AnnotationJson<'a>>,
    summary: Option<&'a str>,
}

/// Writes session, messages and what hangs on it.
pub(super) fn write(
    context: &mut Context,
    client: Client,
    detail: &SessionDetail,
) -> Result<(), CliError> {
    let messages = Messages {
        client: RefCell::new(client),
        session: detail.session.id,
        failure: RefCell::new(None),
    };
    let document = ShowJson {
        session: detail.into(),
        messages: &messages,
        links: detail.links.iter().map(LinkJson::from).collect(),
        tags: &detail.tags,
        annotations: detail.annotations.iter().map(AnnotationJson::from).collect(),
        summary: detail.summary.as_ref().map(|summary| summary.content.as_str()),
    };
    let written = context.output.json(&document);
    match messages.failure.into_inner() {
        Some(failure) => Err(failure.into()),
        None => written,
    }
}

/// The messages of a session; serializing asks for them.
struct Messages {
    client: RefCell<Client>,
    session: SessionId,
    /// What the serializer's own error cannot hold.
    failure: RefCell<Option<ClientError>>,
}

/// What ends the serializing.
enum Stop<E> {
    Written(E),
    Asked(ClientError),
}

impl<E> From<ClientError> for Stop<E> {
    fn from(error: ClientError) -> Self {
        Self::Asked(error)
    }
}

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let all =
            for_each_message(&mut self.client.borrow_mut(), self.session, |index, message| {
                let message = MessageJson::new(self.session, index, message);
                sequence.serialize_element(&message).map_err(Stop::Written)
            });
        match all {
            Ok(()) => sequence.end(),
            Err(Stop::Written(error)) => Err(error),
            Err(Stop::Asked(error)) => {
                self.failure.replace(Some(error));
                Err(S::Error::custom("the session cannot be read"))
            }
        }
    }
}

//! What the protocol asks for, and who answers it.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
    Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::desk::Desk;
use super::failure::Failure;
use super::{prompts, resources, tools};

const INSTRUCTIONS: &str = "Lore keeps the sessions of all AI coding tools on this machine. Ask it \
    before you guess: lore_get_context for what was worked on in this project lately, lore_search \
    for whether something was discussed, tried or decided before, lore_why for the reason behind \
    lines of code, lore_file_history for what sessions did to a file, lore_get_linked_sessions for a \
    commit, lore_get_memories for notes and rules of other tools. lore_get_session reads what they \
    lead to. Cite session id and message index. Answers are bounded by max_tokens; `left_out` says \
    how to get the rest.";

/// What answers.
pub(super) struct Server {
    desk: Arc<Desk>,
}

type Context = RequestContext<RoleServer>;

impl Server {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk: Arc::new(desk) }
    }

    /// Does what blocks on a thread of its own.
    async fn block<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> T + Send + 'static,
    ) -> Result<T, ErrorData> {
        let desk = Arc::clone(&self.desk);
        let done = tokio::task::spawn_blocking(move || work(&desk)).await;
        done.map_err(|_| ErrorData::internal_error("internal error", None))
    }
}

fn cursor(request: Option<PaginatedRequestParams>) -> Option<String> {
    request.and_then(|request| request.cursor)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts();
        let ours = Implementation::new("lore", env!("CARGO_PKG_VERSION")).with_title("Lore");
        ServerConfig::new(capabilities.build())
            .with_server_info(ours)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::list()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(answer) = tools::find(&request.name) else {
            let message = format!("there is no tool `{}`", request.name);
            return Err(ErrorData::invalid_params(message, None));
        };
        let arguments = request.arguments.unwrap_or_default();
        Ok(self.block(move |desk| answer(desk, arguments)).await??.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = cursor(request);
        let listed = self.block(move |desk| resources::list(desk, cursor.as_deref())).await?;
        listed.map_err(Failure::of_request)
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = self.block(move |desk| resources::read(desk, &request.uri)).await?;
        read.map(Into::into)
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text = self.block(move |desk| prompts::get(desk, &request.name, &arguments)).await?;
        text.map(Into::into).map_err(Failure::of_request)
    }
}

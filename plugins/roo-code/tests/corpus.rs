//! Real files, where there are some. None of them is this tool's.

use lore_plugin_roo_code::RooCode;
use lore_plugin_sdk::corpus;

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<RooCode>(|name| name.starts_with("roo-code/"));
}

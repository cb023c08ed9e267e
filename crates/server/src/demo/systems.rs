//! Systems that sign people in through the made-up city, so that their pages show something true: a kiosk that was let
//! in, a portal that waits for an official.

use super::personas::Stage;
use anyhow::Result;
use haidang_identity::provider::NewClient;
use haidang_store::ActorRef;
use serde_json::json;

impl Stage<'_> {
    /// Registers them. Neither holds a secret that anybody could use: the kiosk has none, the portal waits.
    pub async fn systems(&mut self) -> Result<()> {
        let kiosk = json!({
            "client_id": "ki-ot",
            "client_name": "Ki-ốt dịch vụ công (dữ liệu minh họa)",
            "client_name#en": "Public service kiosk (made up)",
            "token_endpoint_auth_method": "none",
            "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
            "scope": "openid profile",
        });
        let portal = json!({
            "client_id": "cong-du-lich",
            "client_name": "Cổng du lịch (dữ liệu minh họa)",
            "client_name#en": "Tourism portal (made up)",
            "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://du-lich.example/dang-nhap/tra-loi"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile",
        });
        let provider = &self.city.provider;
        for (registration, approved) in [(kiosk, true), (portal, false)] {
            let made = provider.register(NewClient::from_json(&registration)?, ActorRef::system()).await?;
            if approved {
                provider.approve(&made.id, None, ActorRef::system()).await?;
            } else {
                self.examples.insert("client".to_owned(), made.id);
            }
        }
        Ok(())
    }
}

//! The operational record of a message, with X-Road's names (handbook 3.13). It is for counting and watching and holds
//! no personal data: no acting user, no issue, no real path; the represented party only where it is a member.

use serde::Serialize;

use super::identifier::{ClientId, MemberId, ServiceId};

/// The longest fault text in characters.
pub const LONGEST_FAULT: usize = 2048;

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationalRecord {
    /// Seconds since 1970 when this record was made.
    pub monitoring_data_ts: i64,
    /// `Client` at the consumer's door, `Producer` at the provider's.
    pub security_server_type: &'static str,
    /// Milliseconds since 1970: the request came in.
    pub request_in_ts: i64,
    /// It went to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_out_ts: Option<i64>,
    /// The provider began to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_in_ts: Option<i64>,
    /// The answer left.
    pub response_out_ts: i64,
    /// Who called.
    #[serde(rename = "clientXRoadInstance", skip_serializing_if = "Option::is_none")]
    pub client_instance: Option<String>,
    /// Class of the caller's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_member_class: Option<String>,
    /// Code of the caller's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_member_code: Option<String>,
    /// The calling subsystem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_subsystem_code: Option<String>,
    /// What was called.
    #[serde(rename = "serviceXRoadInstance", skip_serializing_if = "Option::is_none")]
    pub service_instance: Option<String>,
    /// Class of the provider's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_member_class: Option<String>,
    /// Code of the provider's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_member_code: Option<String>,
    /// The provider's subsystem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_subsystem_code: Option<String>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_code: Option<String>,
    /// Its version, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_version: Option<String>,
    /// `REST` or `OPENAPI3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<&'static str>,
    /// The method.
    pub rest_method: String,
    /// The template of the endpoint; never the real path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_path: Option<String>,
    /// Class of the represented party, when that is a registered member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub represented_party_class: Option<String>,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub represented_party_code: Option<String>,
    /// `X-Road-Id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Version of the protocol.
    pub message_protocol_version: &'static str,
    /// Bytes of the request, head and body.
    pub request_size: u64,
    /// Bytes of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_size: Option<u64>,
    /// 1 when the request had a body.
    pub request_attachment_count: u8,
    /// 1 when the answer had a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_attachment_count: Option<u8>,
    /// Whether a provider answered with success.
    pub succeeded: bool,
    /// Code of the exchange's own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_code: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_string: Option<String>,
    /// Status that left.
    pub status_code: u16,
    /// `x-road-request-id`
    pub x_request_id: String,
}

impl OperationalRecord {
    /// Names the caller.
    pub fn client(&mut self, client: &ClientId) {
        let member = client.member();
        self.client_instance = Some(member.instance.clone());
        self.client_member_class = Some(member.class.clone());
        self.client_member_code = Some(member.code.clone());
        self.client_subsystem_code = client.subsystem().map(|subsystem| subsystem.code.clone());
    }

    /// Names the service.
    pub fn service(&mut self, service: &ServiceId) {
        let member = &service.subsystem.member;
        self.service_instance = Some(member.instance.clone());
        self.service_member_class = Some(member.class.clone());
        self.service_member_code = Some(member.code.clone());
        self.service_subsystem_code = Some(service.subsystem.code.clone());
        self.service_code = Some(service.code.clone());
    }

    /// Names the represented party, which the caller found to be a member: a code of anybody else may be a person's.
    pub fn represented(&mut self, member: &MemberId) {
        self.represented_party_class = Some(member.class.clone());
        self.represented_party_code = Some(member.code.clone());
    }

    /// Notes a fault.
    pub fn fault(&mut self, code: String, message: &str) {
        self.fault_code = Some(code);
        self.fault_string = Some(message.chars().take(LONGEST_FAULT).collect());
        self.succeeded = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_x_road() {
        let mut record = OperationalRecord { message_protocol_version: "1.0.4", ..OperationalRecord::default() };
        record.client(&ClientId::parse("VN-HP/GOV/0001/A").unwrap());
        record.service(&ServiceId::parse("VN-HP/GOV/0002/B/echo").unwrap());
        record.fault("client.bad_request".into(), &"đ".repeat(3000));
        let json = serde_json::to_value(&record).unwrap();
        for name in [
            "monitoringDataTs",
            "securityServerType",
            "requestInTs",
            "responseOutTs",
            "clientXRoadInstance",
            "clientMemberClass",
            "clientMemberCode",
            "clientSubsystemCode",
            "serviceXRoadInstance",
            "serviceMemberClass",
            "serviceMemberCode",
            "serviceSubsystemCode",
            "serviceCode",
            "restMethod",
            "messageProtocolVersion",
            "requestSize",
            "requestAttachmentCount",
            "succeeded",
            "faultCode",
            "faultString",
            "statusCode",
            "xRequestId",
        ] {
            assert!(json.get(name).is_some(), "{name} in {json}");
        }
        assert_eq!(record.fault_string.unwrap().chars().count(), LONGEST_FAULT);
        for absent in ["messageUserId", "messageIssue"] {
            assert!(json.get(absent).is_none());
        }
    }
}

# The frame that pages of the office share.
office-tab-arrived = Incoming
office-tab-authority = Authority to sign
office-tab-copies = Copies
office-tab-files = Work files
office-tab-issued = Outgoing
office-tab-label = Parts of documents
office-tab-registers = Registers
office-tab-reports = Validation reports
office-tab-scans = Digitisation
office-tab-search = Search documents

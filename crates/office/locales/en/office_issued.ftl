# Issued documents: the authority of each signature.
issued-why-granted = The signer was competent: { $block }. Basis: { $basis }
issued-why-initials = Initials of a reviewer of the draft; they give no authority.
issued-why-not-in-books = The books of the organ do not know this signature.
issued-why-not-sealed-here = The seal names the issuing organ, but its books do not say that it sealed this file.
issued-why-officer-missing = The signature of the competent person is missing.
issued-why-organ-missing = The signature of the issuing organ is missing.
issued-why-other-organ = The seal names another organ than the issuing one.
issued-why-other-signer = The certificate names somebody else than the person on record.
issued-why-seal = The signature of the issuing organ itself.
issued-why-signature-broken = The signature does not hold, so authority was not weighed.
issued-why-signer-unproven = It is not certain who signed, so authority could not be weighed.

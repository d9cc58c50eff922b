/** Made by `npm run gen` from openapi.json. */
export const BOUNDS = {
  "ApiKeyWish": {
    "expires_in_days": {
      "minimum": 1,
      "maximum": 366
    },
    "name": {
      "minLength": 1,
      "maxLength": 60
    }
  },
  "BadgeGrant": {
    "reason": {
      "minLength": 3,
      "maxLength": 200
    },
    "user": {
      "minLength": 1,
      "maxLength": 128
    }
  },
  "ChallengeWish": {
    "address": {
      "maxLength": 200
    },
    "subject": {
      "maxLength": 200
    }
  },
  "CredentialWish": {
    "badge": {
      "pattern": "^[a-z0-9][a-z0-9_]{0,63}$"
    }
  },
  "LinkWish": {
    "signature": {
      "maxLength": 16384
    }
  },
  "ProfileChange": {
    "bio": {
      "maxLength": 500
    },
    "country": {
      "pattern": "^[A-Z]{2}$"
    },
    "display_name": {
      "maxLength": 60
    },
    "handle": {
      "minLength": 3,
      "maxLength": 24,
      "pattern": "^[A-Za-z0-9](?:[A-Za-z0-9]|[_-](?=[A-Za-z0-9])){2,23}$"
    }
  },
  "Proof": {
    "signature": {
      "maxLength": 16384
    }
  },
  "QuestReported": {
    "quest": {
      "pattern": "^[a-z0-9][a-z0-9_]{0,63}$"
    },
    "user": {
      "minLength": 1,
      "maxLength": 256
    }
  },
  "RefreshWish": {
    "refresh_token": {
      "maxLength": 512
    }
  },
  "SignIn": {
    "signature": {
      "maxLength": 16384
    }
  },
  "XpCorrection": {
    "amount": {
      "minimum": -10000000,
      "maximum": 10000000
    },
    "reason": {
      "minLength": 3,
      "maxLength": 200
    }
  }
} as const;

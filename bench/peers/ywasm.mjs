// For what lies outside this folder.
export { default } from 'ywasm'
